#pragma once

#include "storage/backup/backup_files.hpp"

#include <caf/error.hpp>
#include <filesystem>

namespace hive {

/// Replaces a damaged table of a directory of backups by a copy of `table`, which must have the content that `file`
/// says. Durable on return; the damaged file stays until then.
caf::error copy_table_again(const std::filesystem::path& table, const std::filesystem::path& directory,
                            const backup_file& file);

} // namespace hive
