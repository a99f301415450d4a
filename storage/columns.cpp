#include "storage/columns.hpp"

#include "storage/database.hpp"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

namespace hive {

std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // 1% false positives: a miss costs no read
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  family.compression = rocksdb::kLZ4Compression; // messages hold many zero bytes
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  out.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  for (size_t i = 0; i < column_count; ++i)
    out.emplace_back(std::string{name_of(static_cast<column>(i))}, family);
  return out;
}

caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store) {
  auto text = store.string() + ": " + status.ToString();
  // A column that the store's schema version has and the store has not: it was lost with what named it.
  if (status.IsCorruption() || text.find("Column family not found") != std::string::npos)
    return fail(ec::corrupt, "the store is damaged and stays closed: " + text);
  if (status.IsInvalidArgument())
    return fail(ec::invalid, "not a store of Hivemark: " + text);
  return fail(ec::storage_failed, "cannot open the store: " + text);
}

} // namespace hive
