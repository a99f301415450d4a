#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <string_view>

namespace hive::ctl {

/// A file that others may read at any time and that is replaced as a whole. While this exists, no other one of the same
/// folder does. Errors are exit_status::file_failed and name the file.
class guarded_file {
public:
  /// Waits for others. Symbolic links are followed.
  static caf::expected<guarded_file> open(const std::string& path);

  const std::string& path() const {
    return path_;
  }

  bool exists() const;

  /// Its text; empty if it does not exist.
  caf::expected<std::string> read() const;

  /// Replaces the file, durably and at once: readers see the old text or the new. Keeps mode and owner; a new file is
  /// readable by its owner alone.
  caf::error replace(std::string_view text) const;

private:
  guarded_file(unique_fd folder, std::string path);

  unique_fd folder_; ///< locked
  std::string path_;
};

} // namespace hive::ctl
