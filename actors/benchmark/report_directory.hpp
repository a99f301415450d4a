#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <string>

namespace hive {

/// A directory of this process alone, in which a command leaves its results file. It is there from `renew` to `clear`,
/// so that no file of an earlier run, and none that somebody else put there, can be taken for the results. Its name is
/// random and stays the same. Goes with the object.
class report_directory {
public:
  /// `parent` is where it will be made; nothing is touched yet.
  explicit report_directory(const std::filesystem::path& parent);
  report_directory(const report_directory&) = delete;
  report_directory& operator=(const report_directory&) = delete;
  ~report_directory();

  /// The results file in it.
  const std::filesystem::path& file() const {
    return file_;
  }

  /// Makes it anew and empty. ec::process_failed with the path and the reason.
  caf::error renew();
  /// Removes it with all that is in it.
  void clear() noexcept;

private:
  std::filesystem::path directory_;
  std::filesystem::path file_;
};

/// A results file as it was written, at most defaults::max_test_report_bytes. Fails with ec::no_data when there is
/// none, ec::too_large, or ec::process_failed when it cannot be read; the texts name the file.
caf::expected<std::string> read_report(const std::filesystem::path& path);

} // namespace hive
