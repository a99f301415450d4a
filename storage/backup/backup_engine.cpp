#include "storage/backup/backup_engine.hpp"

#include "messages/ec.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/kept_files.hpp"

#include <algorithm>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Files that are copied at a time: one alone does not keep a disk busy, since each copy is synced at its end.
constexpr int copies_at_a_time = 4;

rocksdb::BackupEngineOptions engine_options(const fs::path& directory, uint64_t rate_bytes) {
  rocksdb::BackupEngineOptions out{backup_paths::engine(directory).string()};
  out.sync = true;
  out.share_table_files = true;
  out.share_files_with_checksum = true; // by session: file numbers repeat after a restore
  out.max_background_operations = copies_at_a_time;
  out.backup_rate_limit = rate_bytes;
  return out;
}

void remove_unfinished(const fs::path& directory) {
  std::error_code ignored; // the next call tries again
  for (const auto& entry : fs::directory_iterator{backup_paths::backups(directory), ignored})
    if (entry.path().filename().string().ends_with(backup_paths::unfinished_suffix))
      fs::remove_all(entry.path(), ignored);
}

} // namespace

caf::expected<backup_engine> backup_engine::open(const fs::path& directory, uint64_t rate_bytes,
                                                 const std::vector<uint32_t>& removable) {
  auto files = keep_files(directory, removable);
  if (!files)
    return files.error();
  backup_engine out;
  out.files_ = std::move(*files);
  auto options = engine_options(directory, rate_bytes);
  options.backup_env = out.files_.get();
  rocksdb::BackupEngine* opened = nullptr;
  auto status = rocksdb::BackupEngine::Open(options, rocksdb::Env::Default(), &opened);
  if (!status.ok())
    return engine_failure(directory, status);
  out.engine_.reset(opened);
  return out;
}

caf::expected<std::unique_ptr<rocksdb::BackupEngineReadOnly>> open_engine_for_reading(const fs::path& directory) {
  rocksdb::BackupEngineReadOnly* opened = nullptr;
  auto status = rocksdb::BackupEngineReadOnly::Open(engine_options(directory, 0), rocksdb::Env::Default(), &opened);
  if (!status.ok())
    return engine_failure(directory, status);
  return std::unique_ptr<rocksdb::BackupEngineReadOnly>{opened};
}

void remove_leftovers(const fs::path& directory, const backup_engine& engine) {
  auto numbers = backup_numbers(directory);
  if (!numbers)
    return;
  std::vector<rocksdb::BackupInfo> known;
  engine->GetBackupInfo(&known);
  for (const auto& backup : known)
    if (std::ranges::find(*numbers, backup.backup_id) == numbers->end())
      engine->DeleteBackup(backup.backup_id).PermitUncheckedError();
  engine->GarbageCollect().PermitUncheckedError();
  remove_unfinished(directory);
}

caf::error engine_failure(const fs::path& directory, const rocksdb::Status& status) {
  return fail(status.IsCorruption() ? ec::corrupt : ec::storage_failed,
              "backups in " + directory.string() + ": " + status.ToString());
}

} // namespace hive
