#include "storage/backup/restored_identity.hpp"

#include "messages/change.hpp"
#include "messages/ec.hpp"
#include "messages/node.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/keys.hpp"
#include "platform/identity/node_identity.hpp"
#include "storage/columns.hpp"
#include "storage/database.hpp"
#include "storage/keys.hpp"
#include "storage/schema.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Columns of what a node says to its hive.
constexpr std::array said_to_hive{column::hive, column::votes};
/// Columns of which old contents must not stay in the files of a new node.
constexpr std::array rewritten{column::meta, column::hive, column::votes, column::leases};

class restored_files {
public:
  restored_files() = default;
  restored_files(const restored_files&) = delete;
  restored_files& operator=(const restored_files&) = delete;

  ~restored_files() {
    for (auto* family : families_)
      db_->DestroyColumnFamilyHandle(family);
  }

  /// Adds the columns that are newer than the version of the copy, as its next start counts on them.
  caf::error open(const fs::path& store, uint32_t schema) {
    store_ = store;
    auto newer = columns_to_add(store, schema);
    if (!newer)
      return newer.error();
    rocksdb::DBOptions options;
    options.create_missing_column_families = !newer->empty();
    // As in database: a record may have been half written when the log was copied.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.paranoid_checks = true;
    rocksdb::DB* opened = nullptr;
    auto status = rocksdb::DB::Open(options, store.string(), column_descriptors({}), &families_, &opened);
    db_.reset(opened);
    return status.ok() ? caf::error{} : open_failure(status, store);
  }

  rocksdb::DB& db() {
    return *db_;
  }

  rocksdb::ColumnFamilyHandle* family(column where) const {
    return families_[1 + static_cast<size_t>(where)];
  }

  caf::error check(const rocksdb::Status& status) const {
    return status.ok() ? caf::error{} : fail(ec::storage_failed, store_.string() + ": " + status.ToString());
  }

  caf::expected<msg<wire::NodeMeta>> meta() {
    std::string bytes;
    if (auto err = check(db_->Get({}, family(column::meta), keys::node(), &bytes)))
      return err;
    return database::load_stored<wire::NodeMeta>(column::meta, keys::node(), bytes);
  }

  caf::error write(rocksdb::WriteBatch& writes) {
    rocksdb::WriteOptions durable;
    durable.sync = true;
    return check(db_->Write(durable, &writes));
  }

  /// Writes the tables of a column anew, without anything that was overwritten or deleted.
  caf::error rewrite(column where) {
    rocksdb::CompactRangeOptions all;
    all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    return check(db_->CompactRange(all, family(where), nullptr, nullptr));
  }

  caf::error flush() {
    return check(db_->Flush({}, families_));
  }

private:
  fs::path store_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

capnp::Data::Reader as_data(std::span<const unsigned char> bytes) {
  return {bytes.data(), bytes.size()};
}

msg<wire::NodeMeta> later(const msg<wire::NodeMeta>& before, uint64_t epoch_above) {
  auto epoch = std::max(before->getEpoch(), epoch_above) + restored_epoch_gap;
  return changed(before, [epoch](wire::NodeMeta::Builder out) { out.setEpoch(epoch); });
}

msg<wire::NodeMeta> anew() {
  auto keys = key_pair::generate();
  return msg<wire::NodeMeta>::build([&keys](wire::NodeMeta::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setPublicKey(as_data(keys.public_part()));
    out.setSecretKey(as_data(keys.secret()));
    out.setEpoch(1);
    out.setCreatedAt(now_unix_micros());
  });
}

void erase_prefix(rocksdb::WriteBatch& writes, rocksdb::ColumnFamilyHandle* family, const std::string& prefix) {
  writes.DeleteRange(family, prefix, *keys::after_prefix(prefix)).PermitUncheckedError();
}

/// Everything by which the copy could act for the original node. The leases name processes of the original.
void forget_original(restored_files& files, rocksdb::WriteBatch& writes) {
  for (auto where : said_to_hive) {
    std::unique_ptr<rocksdb::Iterator> it{files.db().NewIterator({}, files.family(where))};
    for (it->SeekToFirst(); it->Valid(); it->Next())
      writes.Delete(files.family(where), it->key()).PermitUncheckedError();
  }
  erase_prefix(writes, files.family(column::leases), keys::open_leases());
}

caf::error check_meta(wire::NodeMeta::Reader meta) {
  if (meta.getSchemaVersion() > store_schema_version)
    return fail(ec::unsupported, "the backup's store has schema version " + std::to_string(meta.getSchemaVersion()) +
                                   ", this program reads up to " + std::to_string(store_schema_version));
  return caf::none;
}

} // namespace

caf::expected<restored_store> decide_identity(const fs::path& store, wire::BackupManifest::Reader manifest,
                                              const restore_options& options) {
  restored_files files;
  if (auto err = files.open(store, manifest.getSchemaVersion()))
    return err;
  if (auto found = files.db().GetLatestSequenceNumber(); found != manifest.getSequence())
    return fail(ec::corrupt, store.string() + " ends with write " + std::to_string(found) + ", not " +
                               std::to_string(manifest.getSequence()) + " as the backup says");
  auto before = files.meta();
  if (!before)
    return before.error();
  if (auto err = check_meta(**before))
    return err;
  bool is_new = options.as == restore_as::new_node;
  auto meta = is_new ? anew() : later(*before, options.epoch_above);
  rocksdb::WriteBatch writes;
  auto bytes = meta.bytes();
  writes.Put(files.family(column::meta), keys::node(), {bytes.data(), bytes.size()}).PermitUncheckedError();
  if (is_new)
    forget_original(files, writes);
  if (auto err = files.write(writes))
    return err;
  if (auto err = files.flush())
    return err;
  if (is_new)
    for (auto where : rewritten)
      if (auto err = files.rewrite(where))
        return err;
  auto key = meta->getPublicKey();
  return restored_store{node_id_of({key.begin(), key.size()}).value, meta->getEpoch(),
                        files.db().GetLatestSequenceNumber()};
}

} // namespace hive
