#include "storage/backup/backup_restore.hpp"

#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_engine.hpp"
#include "storage/backup/backup_files.hpp"
#include "storage/backup/backup_verify.hpp"
#include "storage/backup/restored_identity.hpp"
#include "storage/backup/sync_files.hpp"
#include "storage/directory.hpp"
#include "storage/schema.hpp"
#include "storage/store_check.hpp"
#include "storage/store_mark.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// What an interrupted restore leaves in its directory.
constexpr std::array<std::string_view, 3> own_names{"store", "acknowledged", "acknowledged.new"};

/// Room beside the files of the backup: the logs' content becomes tables, and rewritten columns exist twice.
constexpr uint64_t extra_bytes = uint64_t{256} << 20;

fs::path partial_of(const fs::path& data) {
  return fs::path{data} += ".partial";
}

caf::error failed_on(const fs::path& path, const char* what, int error) {
  return fail(ec::storage_failed, path.string() + " cannot be " + what + ": " + errno_text(error));
}

class restorer {
public:
  restorer(const fs::path& directory, const restore_options& options, const std::atomic<bool>& cancelled)
      : directory_{directory}, options_{options}, cancelled_{cancelled},
        data_{(fs::absolute(options.data).lexically_normal() / "").parent_path()}, partial_{partial_of(data_)} {
  }

  caf::expected<msg<wire::BackupRestored>> restore() {
    if (auto err = check_target())
      return err;
    auto lock = lock_backups(directory_, backup_use::read);
    if (!lock)
      return lock.error();
    auto manifest = find_backup(directory_, options_.number);
    if (!manifest)
      return manifest.error();
    manifest_ = std::move(*manifest);
    if (auto err = verify_backup(directory_, *manifest_, cancelled_))
      return err;
    if (auto err = begin_partial())
      return err;
    auto restored = fill_partial();
    if (restored)
      if (auto err = finish())
        restored = err;
    if (!restored) {
      std::error_code ignored; // or the next attempt removes it
      fs::remove_all(partial_, ignored);
      return restored.error();
    }
    return describe(*restored);
  }

private:
  caf::error check_target() const {
    std::error_code failed;
    if (fs::exists(fs::symlink_status(data_, failed)))
      return fail(ec::already_exists, data_.string() + " exists already: a backup is restored into a new directory");
    if (!fs::is_directory(data_.parent_path(), failed))
      return fail(ec::not_found, data_.parent_path().string() + " is no directory");
    return caf::none;
  }

  /// Removes what an interrupted restore left, and locks the directory against another one.
  caf::error begin_partial() {
    if (::mkdir(partial_.c_str(), 0700) != 0 && errno != EEXIST)
      return failed_on(partial_, "created", errno);
    partial_lock_ = unique_fd{::open(partial_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
    if (!partial_lock_)
      return failed_on(partial_, "opened", errno);
    if (::flock(partial_lock_.get(), LOCK_EX | LOCK_NB) != 0)
      return fail(ec::busy, partial_.string() + " is in use: another restore runs");
    for (const auto& entry : fs::directory_iterator{partial_})
      if (std::ranges::find(own_names, entry.path().filename().string()) == own_names.end())
        return fail(ec::invalid, partial_.string() + " holds something else than an interrupted restore");
    for (auto name : own_names)
      fs::remove_all(partial_ / name);
    return check_room();
  }

  caf::error check_room() const {
    auto needed = manifest_->getBytes() + extra_bytes;
    if (auto free = fs::space(partial_).available; free < needed)
      return fail(ec::storage_failed, "the disk of " + data_.string() + " is full: " + std::to_string(free >> 20) +
                                        " MiB are free, " + std::to_string(needed >> 20) + " MiB are needed");
    return caf::none;
  }

  caf::expected<restored_store> fill_partial() {
    auto store = store_path(partial_);
    auto engine = open_engine_for_reading(directory_);
    if (!engine)
      return engine.error();
    auto status = (*engine)->RestoreDBFromBackup(manifest_->getNumber(), store.string(), store.string());
    if (!status.ok())
      return engine_failure(directory_, status);
    auto decided = decide_identity(store, *manifest_, options_);
    if (!decided)
      return decided.error();
    auto mark = mark_as_it_is(store, store_schema_version);
    if (!mark)
      return mark.error();
    auto complete = changed(*mark, [&](wire::StoreMark::Builder out) { out.setSequence(decided->sequence); });
    if (auto err = write_mark(partial_, complete))
      return err;
    return decided;
  }

  caf::error finish() {
    if (auto err = sync_tree(partial_))
      return err;
    if (cancelled_)
      return fail(ec::unavailable, "the restore was stopped");
    // An existing directory is not replaced, not even one that was created meanwhile.
    if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, data_.c_str(), RENAME_NOREPLACE) != 0)
      return fail(errno == EEXIST ? ec::already_exists : ec::storage_failed,
                  partial_.string() + " cannot be renamed to " + data_.string() + ": " + errno_text(errno));
    return sync_directory(data_.parent_path());
  }

  msg<wire::BackupRestored> describe(const restored_store& restored) const {
    return msg<wire::BackupRestored>::build([&](wire::BackupRestored::Builder out) {
      uint64_t records = 0;
      for (auto kind : manifest_->getRecords())
        records += kind.getRecords();
      out.setNumber(manifest_->getNumber());
      out.setData(data_.string());
      out.setNode(restored.node);
      out.setEpoch(restored.epoch);
      out.setSequence(restored.sequence);
      out.setRecords(records);
      out.setCreatedAt(manifest_->getCreatedAt());
      out.setIsNewNode(options_.as == restore_as::new_node);
      auto configuration =
        backup_paths::of_backup(directory_, manifest_->getNumber()) / backup_paths::configuration_name;
      for (auto file : manifest_->getFiles())
        if (as_view(file.getPath()).starts_with("backups/"))
          out.setConfiguration(configuration.string());
    });
  }

  const fs::path directory_;
  const restore_options& options_;
  const std::atomic<bool>& cancelled_;
  const fs::path data_;
  const fs::path partial_;
  msg<wire::BackupManifest> manifest_;
  unique_fd partial_lock_;
};

} // namespace

caf::expected<msg<wire::BackupManifest>> find_backup(const fs::path& directory, uint32_t number) {
  if (number != 0)
    return read_manifest(directory, number);
  auto numbers = backup_numbers(directory);
  if (!numbers)
    return numbers.error();
  if (numbers->empty())
    return fail(ec::not_found, directory.string() + " holds no backup");
  return read_manifest(directory, numbers->back());
}

caf::expected<msg<wire::BackupRestored>> restore_backup(const fs::path& directory, const restore_options& options,
                                                        const std::atomic<bool>& cancelled) {
  try {
    return restorer{directory, options, cancelled}.restore();
  } catch (const fs::filesystem_error& e) {
    return fail(ec::storage_failed, e.what());
  }
}

} // namespace hive
