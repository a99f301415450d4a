#pragma once

#include "storage/backup/backup_directory.hpp"

#include <caf/expected.hpp>
#include <filesystem>
#include <memory>
#include <rocksdb/env.h>
#include <vector>

namespace hive {

/// An environment in which RocksDB's engine cannot delete a file of a completed backup, but for those in `but`. The
/// engine alone counts who needs a file, and does not count backups of which a file is missing or unreadable: it would
/// take all that is left of them for leftovers. While a manifest cannot be read, no table is deleted at all.
caf::expected<std::unique_ptr<rocksdb::Env>> keep_files(const std::filesystem::path& directory,
                                                        const std::vector<uint32_t>& but = {});

} // namespace hive
