#pragma once

#include "platform/unique_fd.hpp"

#include <caf/expected.hpp>
#include <cstddef>
#include <filesystem>
#include <string>
#include <sys/stat.h>

namespace hive {

/// A regular file, open for reading, with its status at that moment.
struct opened_file {
  unique_fd fd;
  struct stat status {};
};

/// Opens a regular file; a pipe or device of that name is refused without waiting for it. Fails with ec::not_found
/// ("is missing"), ec::unsupported ("is not a regular file") or ec::unavailable with the system's reason. The texts do
/// not name the file: callers name it their way.
caf::expected<opened_file> open_regular_file(const std::filesystem::path& path);

/// The error with the file's name before its text.
caf::error name_file(const std::filesystem::path& path, const caf::error& error);

/// What is left of an open file. Fails with ec::unavailable or ec::too_large; the texts do not name the file.
caf::expected<std::string> read_all(const opened_file& file, size_t max_bytes);

/// The whole file. Fails as open_regular_file does, and with ec::too_large; the texts name the file.
caf::expected<std::string> read_file(const std::filesystem::path& path, size_t max_bytes);

} // namespace hive
