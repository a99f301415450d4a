#pragma once

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <rocksdb/db.h>
#include <vector>

namespace hive {

struct database_options;

/// Column families of the store's schema version: RocksDB's mandatory default one, which stays unused, then one per
/// `column` in order.
std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options);

/// The same without the columns that the store in `store` lacks because it is of an older schema version; these are the
/// last ones. Fails like `check_columns`.
caf::expected<std::vector<rocksdb::ColumnFamilyDescriptor>>
stored_columns(const database_options& options, const rocksdb::DBOptions& how, const std::filesystem::path& store);

/// Whether the store in `store`, of schema version `version`, has all columns of that version: it was damaged else, and
/// RocksDB would make them anew and empty. Errors as for `open_failure`.
caf::error check_columns(const rocksdb::DBOptions& how, const std::filesystem::path& store, uint32_t version);

/// Turns RocksDB's reason for not opening `store` into an error for the operator.
caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store);

} // namespace hive
