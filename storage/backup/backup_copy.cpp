#include "storage/backup/backup_copy.hpp"

#include "messages/ec.hpp"
#include "storage/columns.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"

#include <algorithm>
#include <mutex>
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

  rocksdb::ColumnFamilyHandle* family(column where) const {
    return families[1 + static_cast<size_t>(where)];
  }

  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
};

caf::error damaged_copy(const std::filesystem::path& directory, const rocksdb::BackupInfo& backup,
                        const std::string& why) {
  return fail(ec::corrupt,
              "backup " + std::to_string(backup.backup_id) + " in " + directory.string() + " cannot be opened: " + why);
}

rocksdb::Status open_copy(const rocksdb::BackupInfo& backup, opened_copy& out) {
  rocksdb::DBOptions options;
  options.env = backup.env_for_open.get();
  options.max_open_files = max_open_tables;
  // A record may have been half written when the log was copied.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(
    options, backup.name_for_open, column_descriptors({.block_cache_bytes = 8 << 20}), &out.families, &opened);
  out.db.reset(opened);
  return status;
}

rocksdb::Status count(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, const std::atomic<bool>& cancelled,
                      uint64_t& out) {
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = read_ahead_bytes;
  std::unique_ptr<rocksdb::Iterator> it{db.NewIterator(options, family)};
  for (it->SeekToFirst(); it->Valid(); it->Next())
    if (++out % records_between_looks == 0 && cancelled)
      return rocksdb::Status::Aborted("the node is stopping");
  return it->status();
}

rocksdb::Status count_all(const opened_copy& copy, const std::atomic<bool>& cancelled, copy_content& out) {
  std::array<rocksdb::Status, column_count> results;
  std::atomic<size_t> next = 0;
  auto count_some = [&] {
    for (size_t i = next++; i < column_count; i = next++)
      results[i] = count(*copy.db, copy.family(static_cast<column>(i)), cancelled, out.records[i]);
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
                                      const std::atomic<bool>& cancelled) {
  opened_copy copy;
  if (auto status = open_copy(backup, copy); !status.ok())
    return damaged_copy(directory, backup, status.ToString());
  copy_content out;
  out.sequence = copy.db->GetLatestSequenceNumber();
  std::string bytes;
  auto status = copy.db->Get({}, copy.family(column::meta), keys::node(), &bytes);
  if (status.ok())
    status = count_all(copy, cancelled, out);
  if (status.IsAborted())
    return fail(ec::unavailable, "the node is stopping");
  if (!status.ok())
    return damaged_copy(directory, backup, status.ToString());
  auto meta = database::load_stored<wire::NodeMeta>(column::meta, keys::node(), bytes);
  if (!meta)
    return damaged_copy(directory, backup, text_of(meta.error()));
  out.meta = std::move(*meta);
  return out;
}

} // namespace hive
