#pragma once

#include <caf/error.hpp>
#include <filesystem>

namespace hive {

/// Fsyncs a file; ec::storage_failed, naming it.
caf::error sync_file(const std::filesystem::path& file);

/// Fsyncs a directory with all files and directories in it, the inner ones first.
caf::error sync_tree(const std::filesystem::path& directory);

} // namespace hive
