#pragma once

#include "storage/write_set.hpp"

#include <array>
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <rocksdb/db.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive {

struct database_options;

/// Column families of the store's schema version: RocksDB's mandatory default one, which stays unused, then one per
/// `column` in order.
std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options);

/// Only those that a store has, of whose columns the names are `found`; for opening it to read.
std::vector<rocksdb::ColumnFamilyDescriptor> descriptors_of(const std::vector<std::string>& found,
                                                            const database_options& options);

/// A column, and the schema version of the store that it came with.
struct known_column {
  std::string_view name;
  uint32_t since = 1;
};

/// All columns, in order. A new one comes with a new `store_schema_version`.
std::array<known_column, column_count> known_columns();

/// Those of `known` that a store of version `schema` with the columns `found` may lack, as they are newer than it.
/// Errors name the columns: ec::corrupt when one is missing that the store had, ec::unsupported when it has one that
/// nobody here knows, since a later version wrote it.
caf::expected<std::vector<std::string>> columns_to_add(const std::filesystem::path& store, uint32_t schema,
                                                       const std::vector<std::string>& found,
                                                       std::span<const known_column> known);

/// The same for the store at `path`, which is not open. `options` say in which file system it is.
caf::expected<std::vector<std::string>> columns_to_add(const std::filesystem::path& path, uint32_t schema,
                                                       const rocksdb::DBOptions& options = {});

/// Turns RocksDB's reason for not opening `store` into an error for the operator.
caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store);

} // namespace hive
