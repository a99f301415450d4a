#include "storage/backup/backup_create.hpp"

#include "messages/change.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/create_file.hpp"
#include "platform/read_file.hpp"
#include "storage/backup/backup_copy.hpp"
#include "storage/backup/backup_directory.hpp"
#include "storage/backup/backup_files.hpp"
#include "storage/backup/backup_manifest.hpp"
#include "storage/backup/backup_repair.hpp"
#include "storage/open_store.hpp"
#include "storage/schema.hpp"
#include "storage/store_mark.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_configuration_bytes = size_t{16} << 20;

/// Time after which all files of all backups are read again.
constexpr int64_t full_check_micros = 7 * 24 * 3'600 * micros_per_s;
/// Of the tables that earlier backups brought, a tenth is read each time, and at least so many bytes, which take a disk
/// about a second.
constexpr uint64_t sample_parts = 10;
constexpr uint64_t min_sample_bytes = uint64_t{64} << 20;

caf::error stopping() {
  return fail(ec::unavailable, "the backup was stopped, because the node is stopping");
}

fs::path without_end_slash(const fs::path& path) {
  return (path / "").parent_path();
}

bool is_below(const fs::path& inner, const fs::path& outer) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

uint64_t bytes_of(const std::vector<backup_file>& files) {
  uint64_t out = 0;
  for (const auto& file : files)
    out += file.size;
  return out;
}

/// One backup in the making.
class backup_maker {
public:
  backup_maker(const backup_subject& subject, const backup_options& options, const std::atomic<bool>& cancelled)
      : subject_{subject}, options_{options}, directory_{options.directory}, cancelled_{cancelled} {
  }

  caf::expected<msg<wire::BackupMade>> make() {
    if (auto err = prepare())
      return err;
    auto made = make_in_directory();
    if (!made)
      discard();
    return made;
  }

private:
  caf::error prepare() {
    if (auto err = check_backup_place(directory_, subject_.data))
      return err;
    auto lock = prepare_backups(directory_, subject_.node.id);
    if (!lock)
      return lock.error();
    lock_ = std::move(*lock);
    ::mkdir(backup_paths::backups(directory_).c_str(), 0700); // usually it exists
    auto engine = backup_engine::open(directory_, options_.rate_bytes);
    if (!engine)
      return engine.error();
    engine_ = std::move(*engine);
    remove_leftovers(directory_, *engine_);
    if (auto err = check_room())
      return err;
    return read_earlier();
  }

  caf::expected<msg<wire::BackupMade>> make_in_directory() {
    auto err = subject_.db.keep_files_while([this](const open_store& store) { return copy(store); });
    if (!err)
      err = describe_files();
    if (!err)
      err = check_earlier();
    if (err)
      return err;
    auto content = read_copy(directory_, info_, store_schema_version, count_by::tables, cancelled_);
    if (!content)
      return content.error();
    if ((err = complete(*content)))
      return err;
    return describe();
  }

  caf::error check_room() const {
    std::error_code failed;
    auto free = fs::space(directory_, failed).available;
    if (failed)
      return fail(ec::storage_failed, directory_.string() + ": " + failed.message());
    if (free < options_.min_free_bytes)
      return fail(ec::storage_failed, "the disk of " + directory_.string() + " is full: " + std::to_string(free >> 20) +
                                        " MiB are free, " + std::to_string(options_.min_free_bytes >> 20) +
                                        " MiB must stay free");
    return caf::none;
  }

  /// The files of earlier backups. Damaged manifests are left to verification, and their files are copied again.
  caf::error read_earlier() {
    auto numbers = backup_numbers(directory_);
    if (!numbers)
      return numbers.error();
    for (auto number : *numbers) {
      auto manifest = read_manifest(directory_, number);
      if (!manifest) {
        damaged_.push_back(text_of(manifest.error()));
        continue;
      }
      numbers_.push_back(number);
      for (auto& file : files_of(**manifest))
        earlier_.emplace(file.path, file);
    }
    return caf::none;
  }

  caf::error copy(const open_store& store) {
    store_ = store.directory;
    rocksdb::CreateBackupOptions how;
    how.flush_before_backup = store.may_flush;
    caf::error full;
    how.progress_callback = [this, &full] { // the engine calls it from one thread at a time
      if (!full)
        full = check_room();
      if (full || cancelled_)
        (*engine_)->StopBackup();
    };
    rocksdb::BackupID number = 0;
    auto status = (*engine_)->CreateNewBackup(how, &store.db, &number);
    tables_ = store.ledger.tables();
    if (cancelled_)
      return stopping();
    if (full)
      return full;
    if (!status.ok())
      return engine_failure(directory_, status);
    number_ = number;
    auto found = (*engine_)->GetBackupInfo(number, &info_, true);
    return found.ok() ? caf::error{} : engine_failure(directory_, found);
  }

  /// Describes the files of this backup. A new table must be what the store wrote.
  caf::error describe_files() {
    files_.reserve(info_.file_details.size() + 1);
    for (const auto& detail : info_.file_details)
      if (auto err = add_file("engine/" + detail.relative_filename))
        return err;
    return add_file("engine/meta/" + std::to_string(number_));
  }

  caf::error add_file(const std::string& path) {
    if (cancelled_)
      return stopping();
    if (auto known = earlier_.find(path); known != earlier_.end()) {
      files_.push_back(known->second);
      return caf::none;
    }
    bool is_shared = path.starts_with("engine/shared");
    auto file = describe_file(directory_, path, is_shared);
    if (!file)
      return file.error();
    if (auto table = tables_.find(table_name(path)); is_shared && table != tables_.end())
      if (table->second.size != file->size || xxh3_text(table->second.digest) != file->xxh3)
        return fail(ec::corrupt, (directory_ / path).string() + " is not what hived wrote to " +
                                   (store_ / table->first).string() + ": one of the two is damaged");
    new_bytes_ += file->size;
    files_.push_back(std::move(*file));
    return caf::none;
  }

  /// Reads files of earlier backups: some of the tables of this one, or all of the directory if that is due.
  caf::error check_earlier() {
    checks_ = read_checks(directory_);
    auto now = now_unix_micros();
    is_full_ = earlier_.empty() || checks_->getAllAt() > now || now - checks_->getAllAt() >= full_check_micros;
    auto chosen = is_full_ ? all_earlier() : sample_of_shared();
    auto damaged = check_backup_files(directory_, chosen, cancelled_);
    if (!damaged)
      return damaged.error();
    sampled_bytes_ = bytes_of(chosen);
    for (const auto& [path, why] : *damaged)
      if (auto err = handle_damage(path, why))
        return err;
    return caf::none;
  }

  std::vector<backup_file> all_earlier() const {
    std::vector<backup_file> out;
    for (const auto& [path, file] : earlier_)
      out.push_back(file);
    return out;
  }

  std::vector<backup_file> sample_of_shared() {
    std::vector<backup_file> shared;
    for (const auto& file : files_)
      if (earlier_.contains(file.path))
        shared.push_back(file);
    auto budget = std::max(min_sample_bytes, bytes_of(shared) / sample_parts);
    auto out = choose_sample(std::move(shared), as_view(checks_->getCursor()), budget);
    if (!out.empty())
      cursor_ = out.back().path;
    return out;
  }

  /// A file that this backup needs is copied again from the store, which repairs the earlier backups too.
  caf::error handle_damage(const std::string& path, const caf::error& why) {
    auto needed = std::ranges::find(files_, path, &backup_file::path);
    if (needed == files_.end()) {
      damaged_.push_back(text_of(why));
      return caf::none;
    }
    if (auto err = copy_table_again(store_ / table_name(path), directory_, *needed))
      return fail(ec::corrupt, text_of(why) + ", and cannot be copied again: " + text_of(err));
    repaired_.push_back(text_of(why));
    return caf::none;
  }

  /// Writes what Hivemark adds to the backup; the renaming makes it complete.
  caf::error complete(const copy_content& content) {
    if (cancelled_)
      return stopping();
    auto unfinished = backup_paths::unfinished(directory_, number_);
    std::error_code failed;
    fs::remove_all(unfinished, failed);
    if (::mkdir(unfinished.c_str(), 0700) != 0)
      return fail(ec::storage_failed, unfinished.string() + " cannot be created: " + errno_text(errno));
    if (auto err = copy_configuration(unfinished))
      return err;
    manifest_ = sign_manifest(describe_content(content), subject_.node.keys);
    if (auto err = create_file(unfinished / backup_paths::manifest_name, manifest_text(manifest_), 0600))
      return fail(ec::storage_failed, text_of(err));
    if (auto err = sync_directory(unfinished))
      return err;
    if (::rename(unfinished.c_str(), backup_paths::of_backup(directory_, number_).c_str()) != 0)
      return fail(ec::storage_failed, unfinished.string() + " cannot be renamed: " + errno_text(errno));
    if (auto err = sync_directory(backup_paths::backups(directory_)))
      return err;
    note_check();
    return caf::none;
  }

  caf::error copy_configuration(const fs::path& unfinished) {
    if (subject_.configuration.empty())
      return caf::none;
    auto text = read_file(subject_.configuration, max_configuration_bytes);
    if (!text)
      return code_of(text.error()) == ec::not_found ? caf::error{} : text.error(); // removed since the start
    if (auto err = create_file(unfinished / backup_paths::configuration_name, *text, 0600))
      return fail(ec::storage_failed, text_of(err));
    auto name = "backups/" + std::to_string(number_);
    auto file = describe_file(unfinished, backup_paths::configuration_name, false);
    if (!file)
      return file.error();
    file->path = name + "/" + backup_paths::configuration_name;
    new_bytes_ += file->size;
    files_.push_back(std::move(*file));
    return caf::none;
  }

  msg<wire::BackupManifest> describe_content(const copy_content& content) const {
    return msg<wire::BackupManifest>::build([&](wire::BackupManifest::Builder out) {
      out.setNumber(number_);
      out.setCreatedAt(now_unix_micros());
      out.setEpoch(content.meta->getEpoch());
      out.setSoftware(subject_.software);
      out.setSchemaVersion(content.meta->getSchemaVersion());
      out.setSequence(content.sequence);
      auto records = out.initRecords(column_count);
      for (uint32_t i = 0; i < column_count; ++i) {
        records[i].setKind(std::string{name_of(static_cast<column>(i))});
        records[i].setRecords(content.records[i]);
      }
      auto files = out.initFiles(static_cast<uint32_t>(files_.size()));
      for (uint32_t i = 0; i < files.size(); ++i)
        set_file(files_[i], files[i]);
      out.setBytes(bytes_of(files_));
      out.setNewBytes(new_bytes_);
    });
  }

  static void set_file(const backup_file& file, wire::BackupFile::Builder out) {
    out.setPath(file.path);
    out.setSize(file.size);
    if (file.is_shared())
      out.setXxh3(file.xxh3);
    else
      out.setSha256(file.sha256);
  }

  /// After a full check this backup is checked as well: its new files have just been compared. If the note cannot be
  /// written, the check counts as not made, and the next backup makes it.
  void note_check() {
    std::vector<uint32_t> whole;
    if (is_full_)
      whole.push_back(number_);
    if (is_full_ && damaged_.empty())
      whole.insert(whole.end(), numbers_.begin(), numbers_.end());
    auto noted = with_checks(checks_, whole, is_full_ && damaged_.empty(), now_unix_micros());
    if (!cursor_.empty())
      noted = changed(noted, [this](wire::BackupChecks::Builder out) { out.setCursor(cursor_); });
    if (!write_checks(directory_, noted))
      checks_ = std::move(noted);
  }

  msg<wire::BackupMade> describe() const {
    return msg<wire::BackupMade>::build([this](wire::BackupMade::Builder out) {
      describe_backup(directory_, number_, *checks_, out.initBackup());
      out.setDirectory(directory_.string());
      out.setDurationS(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
      out.setSampledBytes(sampled_bytes_);
      out.setLastVerified(checks_->getAllAt());
      set_texts(repaired_, out.initRepaired(static_cast<uint32_t>(repaired_.size())));
      set_texts(damaged_, out.initDamaged(static_cast<uint32_t>(damaged_.size())));
    });
  }

  static void set_texts(const std::vector<std::string>& from, capnp::List<capnp::Text>::Builder out) {
    for (uint32_t i = 0; i < out.size(); ++i)
      out.set(i, from[i]);
  }

  /// Removes what this backup has written. An engine that was stopped can do nothing more, so this takes another one.
  void discard() {
    engine_.reset();
    if (auto engine = backup_engine::open(directory_))
      remove_leftovers(directory_, *engine);
  }

  const backup_subject& subject_;
  const backup_options& options_;
  const fs::path directory_;
  const std::atomic<bool>& cancelled_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  unique_fd lock_;
  std::optional<backup_engine> engine_;
  std::vector<uint32_t> numbers_;              ///< of the earlier backups with a manifest
  std::map<std::string, backup_file> earlier_; ///< their files, by path
  fs::path store_;                             ///< the store's files
  std::map<std::string, synced_file> tables_;  ///< as the store wrote them
  uint32_t number_ = 0;
  rocksdb::BackupInfo info_;
  std::vector<backup_file> files_;
  uint64_t new_bytes_ = 0;
  uint64_t sampled_bytes_ = 0;
  bool is_full_ = false;
  std::string cursor_;
  std::vector<std::string> repaired_;
  std::vector<std::string> damaged_;
  msg<wire::BackupManifest> manifest_;
  msg<wire::BackupChecks> checks_;
};

} // namespace

caf::error check_backup_place(const fs::path& directory, const fs::path& data) {
  if (!directory.is_absolute())
    return fail(ec::invalid, "the directory of backups must be an absolute path, not \"" + directory.string() + "\"");
  std::error_code failed;
  auto place = without_end_slash(fs::weakly_canonical(directory, failed));
  auto store = failed ? fs::path{} : without_end_slash(fs::weakly_canonical(data, failed));
  if (failed)
    return fail(ec::invalid, directory.string() + " cannot be used for backups: " + failed.message());
  if (is_below(place, store) || is_below(store, place))
    return fail(ec::invalid, directory.string() + " cannot be used for backups of " + data.string() +
                               ": neither may lie in the other");
  return caf::none;
}

caf::expected<msg<wire::BackupMade>> create_backup(const backup_subject& subject, const backup_options& options,
                                                   const std::atomic<bool>& cancelled) {
  try {
    return backup_maker{subject, options, cancelled}.make();
  } catch (const fs::filesystem_error& e) {
    return fail(ec::storage_failed, e.what());
  }
}

} // namespace hive
