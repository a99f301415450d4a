#include "storage/store_opening.hpp"

#include "messages/node.capnp.h"
#include "platform/version.hpp"
#include "storage/columns.hpp"
#include "storage/database.hpp"
#include "storage/directory.hpp"
#include "storage/keys.hpp"
#include "storage/schema.hpp"
#include "storage/store_check.hpp"
#include "storage/store_mark.hpp"
#include "storage/tracked_files.hpp"

#include <algorithm>
#include <system_error>

namespace hive {
namespace {

namespace fs = std::filesystem;

using optional_mark = std::optional<msg<wire::StoreMark>>;

bool has_records(const fs::path& store) {
  if (!fs::exists(store))
    return false;
  return std::ranges::any_of(fs::directory_iterator{store},
                             [](const auto& entry) { return holds_records(entry.path().filename().string()); });
}

/// On opening, RocksDB flushes its logs to tables and needs room for them.
caf::error check_room(const database_options& options) {
  auto store = store_path(options.directory);
  uint64_t logs = 0;
  if (fs::exists(store))
    for (const auto& entry : fs::directory_iterator{store})
      if (is_log(entry.path().filename().string()))
        logs += entry.file_size();
  auto needed = std::max(options.min_free_bytes, logs);
  if (auto free = fs::space(options.directory).available; free < needed)
    return fail(ec::storage_failed, "the disk of " + options.directory.string() +
                                      " is full: " + std::to_string(free >> 20) + " MiB are free, " +
                                      std::to_string(needed >> 20) + " MiB are needed to start");
  return caf::none;
}

/// Removes leftovers of a first start that acknowledged nothing, and marks a new first start.
caf::expected<optional_mark> begin_first_start(const fs::path& data) {
  auto creating = msg<wire::StoreMark>::build([](wire::StoreMark::Builder out) {
    out.setSchemaVersion(store_schema_version);
    out.setSoftware(version_text);
    out.setState(wire::StoreState::CREATING);
  });
  if (auto err = write_mark(data, creating))
    return err;
  auto store = store_path(data);
  fs::remove_all(store);
  fs::create_directory(store);
  fs::permissions(store, fs::perms::owner_all);
  return optional_mark{};
}

/// Read-only. Verifies every block with `verify`, because the mark made from these files will be trusted from now on.
caf::expected<uint32_t> stored_schema_version(const database_options& options, bool verify) {
  auto store = store_path(options.directory);
  std::vector<std::string> found;
  if (auto status = rocksdb::DB::ListColumnFamilies({}, store.string(), &found); !status.ok())
    return open_failure(status, store);
  auto columns = descriptors_of(found, options);
  auto meta_at = std::ranges::find(columns, name_of(column::meta), &rocksdb::ColumnFamilyDescriptor::name);
  if (meta_at == columns.end())
    return fail(ec::corrupt, store.string() + " holds no node identity");
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly({}, store.string(), columns, &handles, &opened);
  if (!status.ok())
    return open_failure(status, store);
  std::unique_ptr<rocksdb::DB> db{opened};
  std::string bytes;
  status = db->Get({}, handles[static_cast<size_t>(meta_at - columns.begin())], keys::node(), &bytes);
  bool has_identity = status.ok();
  if (verify && (status.ok() || status.IsNotFound()))
    status = db->VerifyChecksum();
  else if (status.IsNotFound())
    status = {};
  for (auto* handle : handles)
    db->DestroyColumnFamilyHandle(handle);
  if (!status.ok())
    return open_failure(status, store);
  if (!has_identity)
    return fail(ec::corrupt, store.string() + " holds records but no node identity");
  auto meta = database::load_stored<wire::NodeMeta>(column::meta, keys::node(), bytes);
  if (!meta)
    return meta.error();
  return (*meta)->getSchemaVersion();
}

/// Handles a store without a mark: its hived was older than marks, or the mark was lost.
caf::expected<optional_mark> adopt(const database_options& options) {
  auto store = store_path(options.directory);
  if (!fs::exists(store / "CURRENT"))
    return refuse_damage((store / "CURRENT").string() + " is missing");
  auto version = stored_schema_version(options, true);
  if (!version)
    return version.error();
  if (*version > store_schema_version)
    return refuse_newer(options.directory, *version, {});
  if (*version > last_schema_without_mark)
    return refuse_damage(mark_path(options.directory).string() + " is missing");
  auto mark = mark_as_it_is(store, *version);
  if (!mark)
    return mark.error();
  options.on_notice(store.string() + " is of an older hived: from now on its files are checked at every start");
  return optional_mark{std::move(*mark)};
}

/// Without the mark, columns that came later than the first version may never have been there.
caf::expected<optional_mark> accept_what_is_left(const database_options& options) {
  // What cannot be read says nothing about its version; what opens is read by RocksDB's own checks.
  if (auto version = stored_schema_version(options, false); version && *version > store_schema_version)
    return refuse_newer(options.directory, *version, {});
  auto mark = mark_as_it_is(store_path(options.directory), last_schema_without_mark);
  if (!mark)
    return mark.error();
  options.on_notice("The store is taken as it is, by order: what is missing or damaged in it is lost");
  return optional_mark{std::move(*mark)};
}

caf::expected<optional_mark> check_marked(const fs::path& data, optional_mark mark) {
  if (auto err = check_files(store_path(data), **mark))
    return refuse_damage(text_of(err));
  return mark;
}

caf::expected<optional_mark> decide(const database_options& options) {
  const auto& data = options.directory;
  auto mark = read_mark(data);
  if (!mark && code_of(mark.error()) == ec::unsupported)
    return mark.error();
  if (auto err = check_room(options))
    return err;
  bool has_store = has_records(store_path(data));
  if (options.accept_losses && has_store)
    return accept_what_is_left(options);
  if (!mark)
    return refuse_damage(text_of(mark.error()));
  if (!*mark)
    return has_store ? adopt(options) : begin_first_start(data);
  if ((**mark)->getState() == wire::StoreState::CREATING)
    return begin_first_start(data);
  return check_marked(data, std::move(*mark));
}

} // namespace

caf::expected<optional_mark> prepare_opening(const database_options& options) {
  try {
    return decide(options);
  } catch (const fs::filesystem_error& e) {
    return fail(ec::storage_failed, e.what());
  }
}

caf::error refuse_damage(std::string_view what) {
  return fail(ec::corrupt, "the store is damaged and stays closed: " + std::string{what} +
                             ". Put back a copy of the data directory, or start once with --accept-losses to go on "
                             "with what is left");
}

} // namespace hive
