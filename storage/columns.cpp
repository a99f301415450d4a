#include "storage/columns.hpp"

#include "storage/database.hpp"
#include "storage/tracked_files.hpp"

#include <algorithm>
#include <memory>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/table.h>
#include <string>
#include <system_error>

namespace hive {
namespace {

/// Sums the additions to a counter.
class counter_sum : public rocksdb::AssociativeMergeOperator {
public:
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* before, const rocksdb::Slice& more, std::string* sum,
             rocksdb::Logger*) const override {
    auto start = before ? counter_of({before->data(), before->size()}) : 0;
    auto addend = counter_of({more.data(), more.size()});
    if (!start || !addend)
      return false; // RocksDB reports the key as corrupt
    // Unsigned: a wrap-around is defined, and unreachable in practice.
    *sum = counter_value(static_cast<int64_t>(static_cast<uint64_t>(*start) + static_cast<uint64_t>(*addend)));
    return true;
  }

  const char* Name() const override {
    return "hive.counter_sum"; // stored in the files
  }
};

/// Additions to a counter that may gather in memory before they are summed: reading the counter costs a step for each.
constexpr size_t max_gathered_additions = 64;

} // namespace

std::vector<rocksdb::ColumnFamilyDescriptor> column_descriptors(const database_options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  // 1% false positives: most lookups of absent keys read nothing
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  family.compression = rocksdb::kLZ4Compression; // messages hold many zero bytes
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  out.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  for (size_t i = 0; i < column_count; ++i)
    out.emplace_back(std::string{name_of(static_cast<column>(i))}, family);
  auto& meta = out[1 + static_cast<size_t>(column::meta)].options;
  meta.merge_operator = std::make_shared<counter_sum>();
  meta.max_successive_merges = max_gathered_additions;
  return out;
}

namespace {

/// RocksDB does not say which log is damaged. Everything up to the mark was verified before opening, so it can only be
/// the newest one.
std::string newest_log(const std::filesystem::path& store) {
  std::string out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{store, error})
    if (auto name = entry.path().filename().string(); is_log(name))
      out = std::max(out, name); // file names are zero-padded numbers
  return out;
}

} // namespace

caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store) {
  auto text = store.string() + ": " + status.ToString();
  bool names_none = text.find(".sst") == std::string::npos && text.find("MANIFEST") == std::string::npos;
  if (auto log = newest_log(store); status.IsCorruption() && names_none && !log.empty())
    text += " (in " + log + ")";
  // A missing column of the store's schema version was lost together with the manifest that named it.
  if (status.IsCorruption() || text.find("Column family not found") != std::string::npos)
    return fail(ec::corrupt, "the store is damaged and stays closed: " + text);
  if (status.IsInvalidArgument())
    return fail(ec::invalid, "not a store of Hivemark: " + text);
  return fail(ec::storage_failed, "cannot open the store: " + text);
}

} // namespace hive
