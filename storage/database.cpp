#include "storage/database.hpp"

#include "messages/text.hpp"
#include "platform/version.hpp"
#include "storage/columns.hpp"
#include "storage/directory.hpp"
#include "storage/file_ledger.hpp"
#include "storage/keys.hpp"
#include "storage/open_files.hpp"
#include "storage/open_store.hpp"
#include "storage/store_opening.hpp"
#include "storage/tracked_files.hpp"

#include <array>
#include <atomic>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>
#include <sys/resource.h>

namespace hive {
namespace {

/// Reports failures of RocksDB's background threads to the database's owner.
class background_errors : public rocksdb::EventListener {
public:
  explicit background_errors(std::function<void(std::string)> report) : report_{std::move(report)} {
  }

  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    report_(status->ToString());
  }

private:
  std::function<void(std::string)> report_;
};

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

size_t descriptor_limit() {
  rlimit own{};
  return getrlimit(RLIMIT_NOFILE, &own) == 0 ? own.rlim_cur : 0;
}

/// What of a store opening it creates.
enum class creates { nothing, columns, all };

rocksdb::DBOptions store_options(const database_options& options, creates what, rocksdb::Env& env) {
  rocksdb::DBOptions out;
  out.env = &env;
  out.create_if_missing = what == creates::all;
  out.create_missing_column_families = what != creates::nothing;
  // A crash may tear the log's last record, whose write was never acknowledged. Any other checksum mismatch is damage
  // and must be reported.
  out.wal_recovery_mode = options.accept_losses ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                                : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.paranoid_checks = true;
  // Without this limit, rarely written columns would pin the logs of busy ones indefinitely. A start after a crash
  // replays the logs, which takes about a second for so many bytes.
  out.max_total_wal_size = uint64_t{64} << 20;
  out.max_background_jobs = 2;
  out.max_open_files = static_cast<int>(open_files_of_store(descriptor_limit()));
  // RocksDB's own info log is meant for its developers; keep it small.
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.keep_log_file_num = 3;
  out.max_log_file_size = size_t{8} << 20;
  out.listeners.push_back(std::make_shared<background_errors>(options.on_background_error));
  return out;
}

} // namespace

struct database::impl {
  std::filesystem::path store;
  uint64_t min_free_bytes = 0;
  std::atomic<bool> broken = false;
  const std::shared_ptr<write_progress> progress = std::make_shared<write_progress>();
  directory_lock lock;
  std::shared_ptr<file_ledger> ledger;
  bool is_marked = false; ///< whether the mark describes this store; true from the first write on
  std::unique_ptr<rocksdb::Env> env;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, column_count> families{};
  rocksdb::ColumnFamilyHandle* unused_default = nullptr;

  rocksdb::ColumnFamilyHandle* family(column where) const {
    return families[static_cast<size_t>(where)];
  }

  caf::error check_room(size_t needed) const {
    std::error_code error;
    auto free = std::filesystem::space(store, error).available;
    if (error)
      return fail(ec::storage_failed, store.string() + ": " + error.message());
    if (free < min_free_bytes || free - min_free_bytes < needed)
      return fail(ec::storage_failed, "the disk of " + store.string() + " is full: " + std::to_string(free >> 20) +
                                        " MiB are free, " + std::to_string(min_free_bytes >> 20) +
                                        " MiB must stay free");
    return caf::none;
  }

  /// Whether the disk has room for what is in memory.
  bool may_flush() const {
    uint64_t bytes = 0;
    for (auto* each : families) {
      uint64_t of_family = 0;
      if (db->GetIntProperty(each, rocksdb::DB::Properties::kSizeAllMemTables, &of_family))
        bytes += of_family;
    }
    return !check_room(bytes);
  }

  /// Writes what is in memory to files, so that the next start need not replay the log. It is durable there already,
  /// so that nothing is lost when this fails.
  void flush() const {
    if (may_flush())
      db->Flush({}, {families.begin(), families.end()}).PermitUncheckedError();
  }

  caf::error open(const database_options& options, const std::optional<msg<wire::StoreMark>>& mark);
  caf::error begin_marking(uint64_t acknowledged);
  caf::error write(rocksdb::WriteBatch& writes);

  /// Adds a durable write to the mark before the write is acknowledged.
  caf::error mark_write() {
    auto sequence = db->GetLatestSequenceNumber();
    if (is_marked) {
      ledger->acknowledged(sequence);
      return caf::none;
    }
    is_marked = true;
    return ledger->serve(sequence);
  }
};

struct database::batch::impl {
  const database::impl& owner;
  rocksdb::WriteBatch writes;
  size_t sets = 0;

  rocksdb::Status add(const write_set::write& write) {
    auto* family = owner.family(write.where);
    switch (write.what) {
    case write_set::action::put:
      return writes.Put(family, write.key, write.value);
    case write_set::action::erase:
      return writes.Delete(family, write.key);
    case write_set::action::erase_range:
      return writes.DeleteRange(family, write.key, write.value);
    case write_set::action::add:
      return writes.Merge(family, write.key, write.value);
    }
    return rocksdb::Status::InvalidArgument("no such action");
  }
};

database::database(std::unique_ptr<impl> state) : impl_{std::move(state)} {
}

database::~database() {
  close();
}

caf::expected<std::unique_ptr<database>> database::open(database_options options) {
  auto prepared = prepare_directory(options.directory);
  if (!prepared)
    return prepared.error();
  if (!prepared->notice.empty())
    options.on_notice(prepared->notice);
  auto mark = prepare_opening(options);
  if (!mark)
    return mark.error();
  auto state = std::make_unique<impl>();
  state->lock = std::move(prepared->lock);
  state->store = store_path(options.directory);
  state->min_free_bytes = options.min_free_bytes;
  state->ledger = std::make_shared<file_ledger>(options.directory);
  state->env = rocksdb::NewCompositeEnv(track_files(state->ledger));
  if (*mark)
    state->ledger->load(***mark);
  if (auto err = state->open(options, *mark))
    return err;
  std::unique_ptr<database> out{new database{std::move(state)}};
  if (*mark)
    if (auto err = out->impl_->begin_marking((**mark)->getSequence()))
      return err;
  return out;
}

caf::error database::impl::open(const database_options& options, const std::optional<msg<wire::StoreMark>>& mark) {
  auto what = creates::all;
  if (mark) {
    auto newer = columns_to_add(store, (*mark)->getSchemaVersion());
    if (!newer)
      return newer.error();
    what = newer->empty() ? creates::nothing : creates::columns;
    if (!newer->empty())
      options.on_notice(store.string() + " is of an older hived: it gets what hived " + version_text + " adds");
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::Open(store_options(options, what, *env), store.string(), column_descriptors(options),
                                  &handles, &opened);
  if (!status.ok())
    return open_failure(status, store);
  db.reset(opened);
  unused_default = handles[0];
  std::copy(handles.begin() + 1, handles.end(), families.begin());
  return caf::none;
}

/// A live store must have an identity and all acknowledged writes.
caf::error database::impl::begin_marking(uint64_t acknowledged) {
  auto sequence = db->GetLatestSequenceNumber();
  if (sequence < acknowledged)
    return refuse_damage(store.string() + " ends with write " + std::to_string(sequence) + ", but " +
                         std::to_string(acknowledged) + " were acknowledged");
  std::string identity;
  if (auto status = db->Get({}, family(column::meta), keys::node(), &identity); status.IsNotFound())
    return fail(ec::corrupt, store.string() + " holds records but no node identity");
  else if (!status.ok())
    return damaged(column::meta, keys::node(), status.ToString());
  is_marked = true;
  return ledger->serve(sequence);
}

void database::close() {
  if (!impl_ || !impl_->db)
    return;
  // Closing after a failed log write trips an assertion in RocksDB 7.8. The process is about to end, so the database
  // stays open, and stays reachable so that leak checkers do not report it.
  if (impl_->broken) {
    impl_->ledger->stop();
    static auto& left_open = *new std::vector<std::unique_ptr<impl>>;
    left_open.push_back(std::move(impl_));
    return;
  }
  impl_->flush();
  for (auto* family : impl_->families)
    impl_->db->DestroyColumnFamilyHandle(family);
  impl_->db->DestroyColumnFamilyHandle(impl_->unused_default);
  impl_->db->Close();
  impl_->db.reset();
  impl_->ledger->stop();
}

caf::error database::damaged(column where, std::string_view key, std::string_view why) {
  return fail(ec::corrupt, "stored record " + std::string{name_of(where)} + "/" + printable(key) +
                             " cannot be read: " + std::string{why});
}

caf::expected<std::optional<std::string>> database::get(column where, std::string_view key) const {
  std::string value;
  auto status = impl_->db->Get({}, impl_->family(where), slice(key), &value);
  if (status.ok())
    return std::optional{std::move(value)};
  if (status.IsNotFound())
    return std::optional<std::string>{};
  return damaged(where, key, status.ToString());
}

caf::expected<int64_t> database::counter(std::string_view key) const {
  auto bytes = get(column::meta, key);
  if (!bytes)
    return bytes.error();
  if (!*bytes)
    return int64_t{0};
  if (auto count = counter_of(**bytes))
    return *count;
  return damaged(column::meta, key, "it is no counter");
}

caf::error database::visit(column where, std::string_view prefix, std::string_view from,
                           const visitor& visit_entry) const {
  std::unique_ptr<rocksdb::Iterator> it{impl_->db->NewIterator({}, impl_->family(where))};
  for (it->Seek(slice(std::max(prefix, from))); it->Valid() && view(it->key()).starts_with(prefix); it->Next())
    if (visit_entry(view(it->key()), view(it->value())) == scan::stop)
      return caf::none;
  if (!it->status().ok())
    return damaged(where, from, it->status().ToString());
  return caf::none;
}

caf::error database::visit_back(column where, std::string_view prefix, std::string_view before,
                                const visitor& visit_entry) const {
  std::unique_ptr<rocksdb::Iterator> it{impl_->db->NewIterator({}, impl_->family(where))};
  it->SeekForPrev(slice(before));
  if (it->Valid() && view(it->key()) == before)
    it->Prev();
  for (; it->Valid() && view(it->key()).starts_with(prefix); it->Prev())
    if (visit_entry(view(it->key()), view(it->value())) == scan::stop)
      return caf::none;
  if (!it->status().ok())
    return damaged(where, before, it->status().ToString());
  return caf::none;
}

caf::expected<std::optional<std::string>> database::last(column where, std::string_view prefix) const {
  std::unique_ptr<rocksdb::Iterator> it{impl_->db->NewIterator({}, impl_->family(where))};
  if (auto end = keys::after_prefix(prefix))
    it->SeekForPrev(*end);
  else
    it->SeekToLast();
  if (!it->status().ok())
    return damaged(where, prefix, it->status().ToString());
  if (!it->Valid() || !view(it->key()).starts_with(prefix))
    return std::optional<std::string>{};
  return std::optional{it->value().ToString()};
}

caf::error database::write(const write_set& writes) {
  batch gathered{*this};
  gathered.add(writes);
  return write(gathered);
}

caf::error database::write(batch& gathered) {
  if (impl_->broken)
    return fail(ec::storage_failed, impl_->store.string() + ": an earlier write failed, the node must be restarted");
  if (auto err = impl_->check_room(gathered.bytes()))
    return err;
  impl_->progress->begin(gathered.impl_->sets);
  auto err = impl_->write(gathered.impl_->writes);
  impl_->progress->end();
  return err;
}

caf::error database::impl::write(rocksdb::WriteBatch& writes) {
  if (auto err = ledger->check())
    return err;
  rocksdb::WriteOptions durable;
  durable.sync = true;
  auto status = db->Write(durable, &writes);
  auto err = status.ok() ? mark_write() : fail(ec::storage_failed, store.string() + ": " + status.ToString());
  if (err)
    broken = true;
  return err;
}

caf::error database::keep_files_while(const std::function<caf::error(const open_store&)>& copy) const {
  if (impl_->broken)
    return fail(ec::storage_failed, impl_->store.string() + ": an earlier write failed, the node must be restarted");
  if (auto status = impl_->db->DisableFileDeletions(); !status.ok())
    return fail(ec::storage_failed, impl_->store.string() + ": " + status.ToString());
  auto err = copy({*impl_->db, *impl_->ledger, impl_->store, impl_->may_flush()});
  // Not forced: others may keep files at the same time.
  impl_->db->EnableFileDeletions(false).PermitUncheckedError();
  return err;
}

std::shared_ptr<const write_progress> database::progress() const {
  return impl_->progress;
}

caf::error database::check_room() const {
  return impl_->check_room(0);
}

uint64_t database::stored_bytes() const {
  uint64_t out = 0;
  impl_->db->GetAggregatedIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &out);
  return out;
}

bool database::is_broken() const {
  return impl_->broken;
}

database::batch::batch(const database& db) : impl_{new impl{*db.impl_, rocksdb::WriteBatch{}, 0}} {
}

database::batch::~batch() = default;
database::batch::batch(batch&&) noexcept = default;
database::batch& database::batch::operator=(batch&&) noexcept = default;

void database::batch::add(const write_set& writes) {
  // An in-memory WriteBatch fails only beyond 4 GiB, which messages never reach.
  ++impl_->sets;
  for (const auto& write : writes.writes())
    impl_->add(write).PermitUncheckedError();
}

size_t database::batch::bytes() const {
  return impl_->writes.GetDataSize();
}

} // namespace hive
