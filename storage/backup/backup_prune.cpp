#include "storage/backup/backup_prune.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_engine.hpp"
#include "storage/backup/backup_files.hpp"
#include "storage/store_mark.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <set>

namespace hive {
namespace {

namespace fs = std::filesystem;

class pruner {
public:
  pruner(const fs::path& directory, const prune_options& options) : directory_{directory}, options_{options} {
  }

  caf::expected<msg<wire::BackupsPruned>> prune() {
    auto lock = lock_backups(directory_, backup_use::write);
    if (!lock)
      return lock.error();
    if (auto err = choose())
      return err;
    auto freed = freed_bytes();
    if (!options_.dry_run && !deleted_.empty())
      if (auto err = remove())
        return err;
    return msg<wire::BackupsPruned>::build([&](wire::BackupsPruned::Builder out) {
      out.setDirectory(directory_.string());
      out.setFreedBytes(freed);
      out.setDryRun(options_.dry_run);
      set_numbers(deleted_, out.initDeleted(static_cast<uint32_t>(deleted_.size())));
      set_numbers(kept_, out.initKept(static_cast<uint32_t>(kept_.size())));
    });
  }

private:
  static void set_numbers(const std::vector<uint32_t>& from, capnp::List<uint32_t>::Builder out) {
    for (uint32_t i = 0; i < out.size(); ++i)
      out.set(i, from[i]);
  }

  caf::error choose() {
    auto numbers = backup_numbers(directory_);
    if (!numbers)
      return numbers.error();
    auto checks = read_checks(directory_);
    std::vector<dated_backup> readable;
    for (auto number : *numbers)
      if (auto manifest = read_manifest(directory_, number)) {
        readable.push_back({number, (*manifest)->getCreatedAt(), checked_at(*checks, number) > 0});
        manifests_.emplace(number, std::move(*manifest));
      }
    if (auto err = check_drops(*numbers, readable))
      return err;
    auto kept = options_.keep.is_empty() ? *numbers : kept_backups(readable, options_.keep);
    for (auto number : *numbers) {
      bool is_dropped = std::ranges::find(options_.drop, number) != options_.drop.end();
      bool stays = !manifests_.contains(number) || std::ranges::find(kept, number) != kept.end();
      (is_dropped || !stays ? deleted_ : kept_).push_back(number);
    }
    return caf::none;
  }

  /// The newest verified backup may be the only good one.
  caf::error check_drops(const std::vector<uint32_t>& numbers, const std::vector<dated_backup>& readable) const {
    uint32_t newest_verified = 0;
    for (const auto& backup : readable)
      if (backup.is_verified)
        newest_verified = std::max(newest_verified, backup.number);
    for (auto number : options_.drop) {
      if (std::ranges::find(numbers, number) == numbers.end())
        return fail(ec::not_found, directory_.string() + " holds no backup " + std::to_string(number));
      if (number == newest_verified)
        return fail(ec::invalid, "backup " + std::to_string(number) +
                                   " is the newest that was verified: verify a later one before you drop it");
    }
    return caf::none;
  }

  /// Bytes of the files that no backup needs any more.
  uint64_t freed_bytes() const {
    std::set<std::string> needed;
    for (auto number : kept_)
      if (auto manifest = manifests_.find(number); manifest != manifests_.end())
        for (auto file : manifest->second->getFiles())
          needed.insert(file.getPath().cStr());
    uint64_t out = 0;
    for (auto number : deleted_)
      if (auto manifest = manifests_.find(number); manifest != manifests_.end())
        for (auto file : manifest->second->getFiles())
          if (needed.insert(file.getPath().cStr()).second)
            out += file.getSize();
    return out;
  }

  caf::error remove() {
    auto engine = backup_engine::open(directory_, 0, deleted_);
    if (!engine)
      return engine.error();
    for (auto number : deleted_)
      if (::rename(backup_paths::of_backup(directory_, number).c_str(),
                   backup_paths::unfinished(directory_, number).c_str()) != 0)
        return fail(ec::storage_failed,
                    backup_paths::of_backup(directory_, number).string() + " cannot be deleted: " + errno_text(errno));
    if (auto err = sync_directory(backup_paths::backups(directory_)))
      return err;
    for (auto number : deleted_)
      if (auto status = (*engine)->DeleteBackup(number); !status.ok() && !status.IsNotFound())
        return engine_failure(directory_, status);
    remove_leftovers(directory_, *engine);
    return caf::none;
  }

  const fs::path& directory_;
  const prune_options& options_;
  std::map<uint32_t, msg<wire::BackupManifest>> manifests_;
  std::vector<uint32_t> deleted_;
  std::vector<uint32_t> kept_;
};

} // namespace

caf::expected<msg<wire::BackupsPruned>> prune_backups(const fs::path& directory, const prune_options& options) {
  return pruner{directory, options}.prune();
}

} // namespace hive
