#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <string_view>
#include <sys/types.h>

namespace hive {

/// Writes `text` durably into a file that must not exist yet; one that could not be filled is removed again. Fails with
/// ec::already_exists or ec::unavailable; the texts name the file.
caf::error create_file(const std::filesystem::path& path, std::string_view text, mode_t mode);

} // namespace hive
