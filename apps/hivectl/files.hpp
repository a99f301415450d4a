#pragma once

#include <caf/expected.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace hive::ctl {

/// Reads a whole file, or standard input for "-". exit_status::file_failed when it cannot be opened or read,
/// ec::too_large above `max_bytes`; the text names the file.
caf::expected<std::string> read_file(const std::string& path, size_t max_bytes);

/// Replaces a file's content. exit_status::file_failed with the reason; a truncated file is removed.
caf::expected<void> write_file(const std::string& path, std::string_view content);

} // namespace hive::ctl
