#pragma once

#include <caf/expected.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <rocksdb/utilities/backup_engine.h>
#include <vector>

namespace hive {

/// RocksDB's engine in a directory of backups, open for writing.
class backup_engine {
public:
  /// `rate_bytes` limits what a backup copies per second; 0: nothing. The engine can delete no file of a completed
  /// backup, but for those in `removable`.
  static caf::expected<backup_engine> open(const std::filesystem::path& directory, uint64_t rate_bytes = 0,
                                           const std::vector<uint32_t>& removable = {});

  rocksdb::BackupEngine* operator->() const {
    return engine_.get();
  }

private:
  std::unique_ptr<rocksdb::Env> files_; ///< must outlive the engine
  std::unique_ptr<rocksdb::BackupEngine> engine_;
};

caf::expected<std::unique_ptr<rocksdb::BackupEngineReadOnly>>
open_engine_for_reading(const std::filesystem::path& directory);

/// Removes what backups that were never completed, or only half deleted, left behind. The directory must be locked for
/// writing. What cannot be removed now is left to the next call.
void remove_leftovers(const std::filesystem::path& directory, const backup_engine& engine);

/// An error of the engine. It does not always name a file, so it names the directory.
caf::error engine_failure(const std::filesystem::path& directory, const rocksdb::Status& status);

} // namespace hive
