#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace hive {

/// A regular file opened for reading, with its status at that time.
struct opened_file {
  unique_fd fd;
  struct stat status {};
};

/// Opens a regular file; pipes and devices are refused without blocking. Fails with ec::not_found ("is missing"),
/// ec::unsupported ("is not a regular file") or ec::unavailable with the system's reason. The texts do not name the
/// file: callers add the name.
caf::expected<opened_file> open_regular_file(const std::filesystem::path& path);

/// Prefixes the error's text with the file's name.
caf::error name_file(const std::filesystem::path& path, const caf::error& error);

/// Opens a regular file below `directory`, whose content may be hostile: no symbolic link, `..` or mount leads out of
/// it. Fails like open_regular_file; a path that would leave is ec::forbidden ("leads out of the directory").
caf::expected<opened_file> open_beneath(const std::filesystem::path& directory, const std::filesystem::path& relative);

/// Reads the rest of an open file. Fails with ec::unavailable or ec::too_large; the texts do not name the file.
caf::expected<std::string> read_all(const opened_file& file, size_t max_bytes);

/// Reads a whole file. Fails like open_regular_file, or with ec::too_large; the texts name the file.
caf::expected<std::string> read_file(const std::filesystem::path& path, size_t max_bytes);

/// The same for a file below a directory whose content may be hostile. Fails like open_beneath, or with ec::too_large;
/// the texts name the file as `relative`.
caf::expected<std::string> read_beneath(const std::filesystem::path& directory, const std::filesystem::path& relative,
                                        size_t max_bytes);

/// The text of a file of /proc or /sys, which a machine may lack; empty when it cannot be read or is larger than 1 MiB.
std::string read_kernel_file(const std::filesystem::path& path);

} // namespace hive
