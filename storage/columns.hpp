#pragma once

#include <caf/error.hpp>
#include <filesystem>
#include <rocksdb/db.h>
#include <vector>

namespace hive {

struct database_options;

/// The column families of the store's schema version: RocksDB's default one, which is not used, and one for each
/// `column` in that order.
std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options);

/// Why RocksDB did not open `store`, as an error for the operator.
caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store);

} // namespace hive
