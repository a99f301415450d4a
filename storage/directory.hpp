#pragma once

#include <caf/error.hpp>
#include <filesystem>

namespace hive {

/// Where the database of a data directory lies.
std::filesystem::path store_path(const std::filesystem::path& data_directory);

/// Makes sure that `data_directory` may hold a store: it exists (created with mode 0700 when missing), can be written,
/// and is empty or Hivemark's own. The error names the path: ec::invalid for a directory of something else,
/// ec::corrupt for a store that lost its CURRENT file, ec::storage_failed for one that cannot be written.
caf::error prepare_directory(const std::filesystem::path& data_directory);

} // namespace hive
