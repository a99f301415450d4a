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

/// Reads the rest of an open file. Fails with ec::unavailable or ec::too_large; the texts do not name the file.
caf::expected<std::string> read_all(const opened_file& file, size_t max_bytes);

/// Reads a whole file. Fails like open_regular_file, or with ec::too_large; the texts name the file.
caf::expected<std::string> read_file(const std::filesystem::path& path, size_t max_bytes);

} // namespace hive
