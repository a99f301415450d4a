#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace hive {

/// Writes `text` durably to a new file; removes the file again when that fails. Fails with ec::already_exists or
/// ec::unavailable; the texts name the file.
caf::error create_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

/// Writes `text` durably to a file beside and renames it to `path`: whoever opens the file finds the old text or the
/// new one, also after a power loss. ec::unavailable names the file.
caf::error replace_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

/// Makes the names of a directory's files durable. ec::unavailable names it.
caf::error sync_entries(const std::filesystem::path& directory);

} // namespace hive
