#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace hive {

/// Writes `text` durably to a new file; removes the file again when that fails. Fails with ec::already_exists or
/// ec::unavailable; the texts name the file.
caf::error create_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

} // namespace hive
