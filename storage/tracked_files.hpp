#pragma once

#include "storage/file_ledger.hpp"

#include <memory>
#include <rocksdb/file_system.h>
#include <string_view>

namespace hive {

/// Whether RocksDB's file `name` holds acknowledged records or names the files that do: logs, tables, manifests and
/// CURRENT. RocksDB recreates the other files (LOCK, LOG, IDENTITY, OPTIONS) when they are missing.
bool holds_records(std::string_view name);

/// Whether `name` is a write-ahead log.
bool is_log(std::string_view name);

/// A file system for RocksDB that reports every file holding records to `ledger`.
std::shared_ptr<rocksdb::FileSystem> track_files(std::shared_ptr<file_ledger> ledger);

} // namespace hive
