#include "storage/backup/backup_copy.hpp"

#include "messages/ec.hpp"
#include "storage/columns.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

namespace hive {
namespace {

constexpr int max_open_tables = 64;
constexpr size_t read_ahead_bytes = size_t{2} << 20;
constexpr uint64_t records_between_looks = 4'096;
/// Columns that are counted at a time.
constexpr size_t max_counters = 4;

class opened_copy {
public:
  opened_copy() = default;
  opened_copy(const opened_copy&) = delete;
  opened_copy& operator=(const opened_copy&) = delete;

  ~opened_copy() {
    for (auto* family : families)
      db->DestroyColumnFamilyHandle(family);
  }

  /// Null when the copy is older than the column.
  rocksdb::ColumnFamilyHandle* family(column where) const {
    auto at = std::ranges::find(families, name_of(where), &rocksdb::ColumnFamilyHandle::GetName);
    return at == families.end() ? nullptr : *at;
  }

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};

caf::error damaged_copy(const std::filesystem::path& directory, const rocksdb::BackupInfo& backup,
                        const std::string& why, ec code = ec::corrupt) {
  return fail(code,
              "backup " + std::to_string(backup.backup_id) + " in " + directory.string() + " cannot be opened: " + why);
}

/// What the copy has of our columns.
caf::expected<std::vector<rocksdb::ColumnFamilyDescriptor>> columns_of(const rocksdb::BackupInfo& backup,
                                                                       uint32_t schema) {
  rocksdb::DBOptions options;
  options.env = backup.env_for_open.get();
  auto newer = columns_to_add(backup.name_for_open, schema, options);
  if (!newer)
    return newer.error();
  auto out = column_descriptors({.block_cache_bytes = 8 << 20});
  std::erase_if(out, [&newer](const auto& each) { return std::ranges::find(*newer, each.name) != newer->end(); });
  return out;
}

rocksdb::Status open_copy(const rocksdb::BackupInfo& backup,
                          const std::vector<rocksdb::ColumnFamilyDescriptor>& columns, opened_copy& out) {
  rocksdb::DBOptions options;
  options.env = backup.env_for_open.get();
  options.max_open_files = max_open_tables;
  // A record may have been half written when the log was copied.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(options, backup.name_for_open, columns, &out.families, &opened);
  out.db.reset(opened);
  return status;
}

/// Counts the keys that follow `after`; all if that is nothing.
rocksdb::Status count_keys(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                           const std::optional<std::string>& after, const std::atomic<bool>& cancelled, uint64_t& out) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = read_ahead_bytes;
  std::unique_ptr<rocksdb::Iterator> it{db.NewIterator(options, family)};
  if (!after)
    it->SeekToFirst();
  else
    it->Seek(*after);
  if (after && it->Valid() && it->key() == *after)
    it->Next();
  for (; it->Valid(); it->Next())
    if (++out % records_between_looks == 0 && cancelled)
      return rocksdb::Status::Aborted();
  return it->status();
}

/// Whether tables with these key ranges share no key. Sorts them.
bool are_disjoint(std::vector<rocksdb::SstFileMetaData>& tables) {
  std::ranges::sort(tables, {}, &rocksdb::SstFileMetaData::smallestkey);
  for (size_t i = 1; i < tables.size(); ++i)
    if (tables[i].smallestkey <= tables[i - 1].largestkey)
      return false;
  return true;
}

/// Entries of the tables of a column, if each is a record of its own: nothing was deleted or merged in them.
std::optional<uint64_t> plain_entries(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
  rocksdb::TablePropertiesCollection all;
  if (!db.GetPropertiesOfAllTables(family, &all).ok())
    return std::nullopt;
  uint64_t out = 0;
  for (const auto& [name, table] : all) {
    if (table->num_deletions + table->num_merge_operands + table->num_range_deletions > 0)
      return std::nullopt;
    out += table->num_entries;
  }
  return out;
}

/// Entries that are in memory, since they were in the log.
uint64_t entries_in_memory(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family) {
  uint64_t active = 0, others = 0;
  db.GetIntProperty(family, rocksdb::DB::Properties::kNumEntriesActiveMemTable, &active);
  db.GetIntProperty(family, rocksdb::DB::Properties::kNumEntriesImmMemTables, &others);
  return active + others;
}

/// Counts the records of a column to which records were only ever appended, as the largest one is, from what its tables
/// say of themselves: reading them would take longer than copying them. Nothing unless each entry is a record of its
/// own: in tables that share no key (within a table a key is there once, since no snapshots are taken), and in the log
/// only records with later keys.
std::optional<uint64_t> count_appended(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family,
                                       const std::atomic<bool>& cancelled) {
  rocksdb::ColumnFamilyMetaData meta;
  db.GetColumnFamilyMetaData(family, &meta);
  std::vector<rocksdb::SstFileMetaData> tables;
  for (const auto& level : meta.levels)
    tables.insert(tables.end(), level.files.begin(), level.files.end());
  auto in_tables = plain_entries(db, family);
  if (tables.empty() || !in_tables || !are_disjoint(tables))
    return std::nullopt;
  uint64_t later = 0;
  if (!count_keys(db, family, tables.back().largestkey, cancelled, later).ok() ||
      later != entries_in_memory(db, family))
    return std::nullopt;
  return *in_tables + later;
}

rocksdb::Status count(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, count_by how,
                      const std::atomic<bool>& cancelled, uint64_t& out) {
  if (how == count_by::tables)
    if (auto appended = count_appended(db, family, cancelled)) {
      out = *appended;
      return rocksdb::Status::OK();
    }
  return count_keys(db, family, std::nullopt, cancelled, out);
}

rocksdb::Status count_all(const opened_copy& copy, count_by how, const std::atomic<bool>& cancelled,
                          copy_content& out) {
  std::array<rocksdb::Status, column_count> results;
  std::atomic<size_t> next = 0;
  auto count_some = [&] {
    for (size_t i = next++; i < column_count; i = next++)
      if (auto* family = copy.family(static_cast<column>(i)))
        results[i] = count(*copy.db, family, how, cancelled, out.records[i]);
  };
  {
    std::vector<std::jthread> counters;
    for (size_t i = 1; i < std::min<size_t>(max_counters, std::max(1U, std::thread::hardware_concurrency())); ++i)
      counters.emplace_back(count_some);
    count_some();
  }
  auto wrong = std::ranges::find_if(results, [](const auto& status) { return !status.ok(); });
  return wrong == results.end() ? rocksdb::Status::OK() : *wrong;
}

} // namespace

caf::expected<copy_content> read_copy(const std::filesystem::path& directory, const rocksdb::BackupInfo& backup,
                                      uint32_t schema, count_by how, const std::atomic<bool>& cancelled) {
  auto columns = columns_of(backup, schema);
  if (!columns)
    return damaged_copy(directory, backup, text_of(columns.error()), code_of(columns.error()));
  opened_copy copy;
  if (auto status = open_copy(backup, *columns, copy); !status.ok())
    return damaged_copy(directory, backup, status.ToString());
  copy_content out;
  out.sequence = copy.db->GetLatestSequenceNumber();
  std::string bytes;
  auto status = copy.db->Get({}, copy.family(column::meta), keys::node(), &bytes);
  if (status.ok())
    status = count_all(copy, how, cancelled, out);
  if (status.IsAborted())
    return fail(ec::unavailable, "stopped before all records were counted");
  if (!status.ok())
    return damaged_copy(directory, backup, status.ToString());
  auto meta = database::load_stored<wire::NodeMeta>(column::meta, keys::node(), bytes);
  if (!meta)
    return damaged_copy(directory, backup, text_of(meta.error()));
  out.meta = std::move(*meta);
  return out;
}

} // namespace hive
