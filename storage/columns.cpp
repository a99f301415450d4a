#include "storage/columns.hpp"

#include "platform/version.hpp"
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

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

} // namespace

std::array<known_column, column_count> known_columns() {
  std::array<known_column, column_count> out{}; // all are of the first version
  for (size_t i = 0; i < column_count; ++i)
    out[i].name = name_of(static_cast<column>(i));
  return out;
}

caf::expected<std::vector<std::string>> columns_to_add(const std::filesystem::path& store, uint32_t schema,
                                                       const std::vector<std::string>& found,
                                                       std::span<const known_column> known) {
  std::vector<std::string> to_add, lost, unknown;
  for (const auto& each : known)
    if (std::ranges::find(found, each.name) == found.end())
      (each.since > schema ? to_add : lost).emplace_back(each.name);
  for (const auto& name : found)
    if (name != rocksdb::kDefaultColumnFamilyName && std::ranges::find(known, name, &known_column::name) == known.end())
      unknown.push_back(name);
  if (!unknown.empty())
    return fail(ec::unsupported, store.string() + " holds records of kinds that hived " + version_text +
                                   " does not know (" + joined(unknown) + "): a later version wrote them");
  if (!lost.empty())
    return fail(ec::corrupt, "the store is damaged and stays closed: " + store.string() +
                               " lacks its records of kind " + joined(lost));
  return to_add;
}

caf::expected<std::vector<std::string>> columns_to_add(const std::filesystem::path& path, uint32_t schema,
                                                       const rocksdb::DBOptions& options) {
  std::vector<std::string> found;
  if (auto status = rocksdb::DB::ListColumnFamilies(options, path.string(), &found); !status.ok())
    return open_failure(status, path);
  return columns_to_add(path, schema, found, known_columns());
}

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

std::vector<rocksdb::ColumnFamilyDescriptor> descriptors_of(const std::vector<std::string>& found,
                                                            const database_options& options) {
  auto out = column_descriptors(options);
  std::erase_if(out, [&found](const auto& each) { return std::ranges::find(found, each.name) == found.end(); });
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
