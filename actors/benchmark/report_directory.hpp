#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <string>

namespace hive {

/// A private directory in which a command leaves its results file. It exists only from `renew` to `clear`, so that
/// neither a file from an earlier run nor one planted by others can be taken for the results. Its name is random and
/// does not change. The destructor removes the directory.
class report_directory {
public:
  /// The directory will be created in `parent`; the constructor creates nothing.
  explicit report_directory(const std::filesystem::path& parent);
  report_directory(const report_directory&) = delete;
  report_directory& operator=(const report_directory&) = delete;
  ~report_directory();

  /// The results file's path.
  const std::filesystem::path& file() const {
    return file_;
  }

  /// Creates the directory, empty. ec::process_failed with the path and the reason.
  caf::error renew();
  /// Removes the directory with its content.
  void clear() noexcept;

private:
  std::filesystem::path directory_;
  std::filesystem::path file_;
};

/// Reads a results file of at most defaults::max_test_report_bytes. Fails with ec::no_data when it does not exist,
/// ec::too_large, or ec::process_failed when it cannot be read; the texts name the file.
caf::expected<std::string> read_report(const std::filesystem::path& path);

} // namespace hive
