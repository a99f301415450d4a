#include "storage/database.hpp"

#include "storage/directory.hpp"
#include "storage/keys.hpp"
#include "storage/open_files.hpp"

#include <array>
#include <atomic>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/resource.h>

namespace hive {
namespace {

/// Tells the owner of the database when RocksDB's own threads fail.
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

rocksdb::DBOptions store_options(const database_options& options) {
  rocksdb::DBOptions out;
  out.create_if_missing = true;
  out.create_missing_column_families = true;
  // A crash may tear the last record of the log, and only the last: its write was never acknowledged. Anything else
  // that does not match its checksum is damage and must not be passed over.
  out.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  out.paranoid_checks = true;
  // Few columns are busy; without this the quiet ones would pin the log of the busy ones for ever.
  out.max_total_wal_size = uint64_t{256} << 20;
  out.max_background_jobs = 2;
  out.max_open_files = static_cast<int>(open_files_of_store(descriptor_limit()));
  // RocksDB's own log is for its developers: keep it small.
  out.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  out.keep_log_file_num = 3;
  out.max_log_file_size = size_t{8} << 20;
  out.listeners.push_back(std::make_shared<background_errors>(options.on_background_error));
  return out;
}

std::vector<rocksdb::ColumnFamilyDescriptor> columns(const database_options& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10)); // 1% false positives: a miss costs no read
  rocksdb::ColumnFamilyOptions family;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.write_buffer_size = options.write_buffer_bytes;
  family.compression = rocksdb::kLZ4Compression; // messages hold many zero bytes
  std::vector<rocksdb::ColumnFamilyDescriptor> out;
  out.emplace_back(rocksdb::kDefaultColumnFamilyName, family);
  for (size_t i = 0; i < column_count; ++i)
    out.emplace_back(std::string{name_of(static_cast<column>(i))}, family);
  return out;
}

caf::error open_failure(const rocksdb::Status& status, const std::filesystem::path& store) {
  auto text = store.string() + ": " + status.ToString();
  if (status.IsCorruption())
    return fail(ec::corrupt, "the store is damaged and stays closed: " + text);
  if (status.IsIOError() && status.ToString().find("lock") != std::string::npos)
    return fail(ec::busy, store.string() + " is in use by another process (is hived running on it already?)");
  if (status.IsInvalidArgument())
    return fail(ec::invalid, "not a store of Hivemark: " + text);
  return fail(ec::storage_failed, "cannot open the store: " + text);
}

} // namespace

struct database::impl {
  std::filesystem::path store;
  uint64_t min_free_bytes = 0;
  std::atomic<bool> broken = false;
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

  bool is_empty() const {
    for (auto* family : families) {
      std::unique_ptr<rocksdb::Iterator> it{db->NewIterator({}, family)};
      it->SeekToFirst();
      if (it->Valid() || !it->status().ok())
        return false;
    }
    return true;
  }
};

struct database::batch::impl {
  const database::impl& owner;
  rocksdb::WriteBatch writes;

  rocksdb::Status add(const write_set::write& write) {
    auto* family = owner.family(write.where);
    switch (write.what) {
    case write_set::action::put:
      return writes.Put(family, write.key, write.value);
    case write_set::action::erase:
      return writes.Delete(family, write.key);
    case write_set::action::erase_range:
      return writes.DeleteRange(family, write.key, write.value);
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
  if (auto err = prepare_directory(options.directory))
    return err;
  auto state = std::make_unique<impl>();
  state->store = store_path(options.directory);
  state->min_free_bytes = options.min_free_bytes;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::Open(store_options(options), state->store.string(), columns(options), &handles, &db);
  if (!status.ok())
    return open_failure(status, state->store);
  state->db.reset(db);
  state->unused_default = handles[0];
  std::copy(handles.begin() + 1, handles.end(), state->families.begin());
  std::unique_ptr<database> out{new database{std::move(state)}};
  auto identity = out->get(column::meta, keys::node());
  if (!identity)
    return identity.error();
  if (!*identity && !out->impl_->is_empty())
    return fail(ec::corrupt, out->impl_->store.string() + " holds records but no node identity");
  return out;
}

void database::close() {
  if (!impl_ || !impl_->db)
    return;
  // Closing after a failed log write trips an assertion of RocksDB 7.8. The process is about to end: leave it open,
  // and reachable, so that a leak checker finds nothing to say.
  if (impl_->broken) {
    static auto& left_open = *new std::vector<std::unique_ptr<impl>>;
    left_open.push_back(std::move(impl_));
    return;
  }
  for (auto* family : impl_->families)
    impl_->db->DestroyColumnFamilyHandle(family);
  impl_->db->DestroyColumnFamilyHandle(impl_->unused_default);
  impl_->db->Close();
  impl_->db.reset();
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
  rocksdb::WriteOptions durable;
  durable.sync = true;
  auto status = impl_->db->Write(durable, &gathered.impl_->writes);
  if (status.ok())
    return caf::none;
  impl_->broken = true;
  return fail(ec::storage_failed, impl_->store.string() + ": " + status.ToString());
}

caf::error database::check_room() const {
  return impl_->check_room(0);
}

bool database::is_broken() const {
  return impl_->broken;
}

database::batch::batch(const database& db) : impl_{new impl{*db.impl_, rocksdb::WriteBatch{}}} {
}

database::batch::~batch() = default;
database::batch::batch(batch&&) noexcept = default;
database::batch& database::batch::operator=(batch&&) noexcept = default;

void database::batch::add(const write_set& writes) {
  // A WriteBatch in memory refuses nothing but sizes beyond 4 GiB, which messages never reach.
  for (const auto& write : writes.writes())
    impl_->add(write).PermitUncheckedError();
}

size_t database::batch::bytes() const {
  return impl_->writes.GetDataSize();
}

} // namespace hive
