#pragma once

#include "storage/file_ledger.hpp"

#include <memory>
#include <rocksdb/file_system.h>
#include <string_view>

namespace hive {

/// Whether a file of RocksDB with this name holds what was acknowledged, or says which files do: logs, tables,
/// manifests and CURRENT. The others (LOCK, LOG, IDENTITY, OPTIONS) are made anew when they are missing.
bool holds_records(std::string_view name);

/// Whether it is a write-ahead log.
bool is_log(std::string_view name);

/// The file system for RocksDB to use: the usual one, which tells `ledger` of every file that holds records.
std::shared_ptr<rocksdb::FileSystem> track_files(std::shared_ptr<file_ledger> ledger);

} // namespace hive
