#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <rocksdb/db.h>
#include <vector>

namespace hive {

struct database_options;

/// Column families of the store's schema version: RocksDB's mandatory default one, which stays unused, then one per
/// `column` in order.
std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options);

/// Turns RocksDB's reason for not opening `store` into an error for the operator.
caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store);

} // namespace hive
