#include "storage/snapshot_store.hpp"

#include "messages/snapshot.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <iterator>

namespace hive {
namespace {

/// As in the schema.
constexpr size_t max_listed_disturbance_bytes = 1'024;

msg<wire::SnapshotSummary> summarise(const msg<wire::Snapshot>& snapshot, uint32_t captures) {
  return msg<wire::SnapshotSummary>::build([&](wire::SnapshotSummary::Builder out) {
    out.setVersion(snapshot->getVersion());
    out.setGitSha(snapshot->getGitSha());
    out.setCapturedAt(snapshot->getCapturedAt());
    out.setTier(snapshot->getTier());
    out.setNode(snapshot->getNode());
    out.setMetricCount(snapshot->getMetrics().size());
    out.setAdapterErrors(count_errors(*snapshot));
    out.setCaptures(captures);
    out.setCaptureId(snapshot->getCaptureId());
  });
}

void summarise(wire::Snapshot::Reader snapshot, wire::CaptureSummary::Builder out) {
  out.setCaptureId(snapshot.getCaptureId());
  out.setGitSha(snapshot.getGitSha());
  out.setCapturedAt(snapshot.getCapturedAt());
  out.setTier(snapshot.getTier());
  out.setNode(snapshot.getNode());
  out.setMetricCount(snapshot.getMetrics().size());
  out.setAdapterErrors(count_errors(snapshot));
  out.setImported(snapshot.getImported());
  if (auto why = disturbances_of(snapshot, max_listed_disturbance_bytes); !why.empty())
    out.setDisturbed(why);
}

/// Loads a stored capture. Old captures lack their error count; it is added here.
caf::expected<msg<wire::Snapshot>> load_capture(std::string_view key, std::string_view bytes) {
  auto loaded = database::load_stored<wire::Snapshot>(column::snapshots, key, bytes);
  if (!loaded || (*loaded)->getAdapterErrors() == count_errors(**loaded))
    return loaded;
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(**loaded);
  scratch.getRoot<wire::Snapshot>().setAdapterErrors(count_errors(**loaded));
  return msg<wire::Snapshot>::adopt(scratch);
}

} // namespace

caf::expected<msg<wire::Snapshot>> snapshot_store::latest(std::string_view version) const {
  auto prefix = keys::snapshots_of(version);
  auto bytes = db_.last(column::snapshots, prefix);
  if (!bytes)
    return bytes.error();
  if (!*bytes)
    return fail(ec::not_found, "no snapshot of version " + std::string{version});
  return load_capture(prefix, **bytes);
}

caf::expected<msg<wire::Snapshot>> snapshot_store::capture(std::string_view version, capture_id id) const {
  auto key = keys::snapshot(version, id);
  auto bytes = db_.get(column::snapshots, key);
  if (!bytes)
    return bytes.error();
  if (*bytes)
    return load_capture(key, **bytes);
  auto deleted = db_.get_msg<wire::CaptureSummary>(column::snapshots, keys::deleted_capture(version, id));
  if (!deleted)
    return deleted.error();
  auto named = "capture " + std::to_string(id.value) + " of version " + std::string{version};
  if (!*deleted)
    return fail(ec::not_found, "no " + named);
  return fail(ec::not_found, named + " was deleted at " + format_iso8601((**deleted)->getDeletedAt()) + ": " +
                               std::string{as_view((**deleted)->getDeleted())});
}

struct snapshot_store::listing {
  size_t limit = 0;
  std::vector<msg<wire::CaptureSummary>> stored; ///< by their numbers
  std::vector<msg<wire::CaptureSummary>> deleted;
  bool has_more_stored = false; ///< which are not in the list
  bool has_more_deleted = false;
};

caf::error snapshot_store::list_stored(std::string_view version, capture_id after, size_t max_bytes,
                                       listing& into) const {
  caf::error damage;
  size_t bytes_read = 0;
  auto from = keys::snapshot(version, capture_id{after.value + 1});
  auto failure = db_.visit(column::snapshots, keys::snapshots_of(version), from, [&](auto key, auto value) {
    into.has_more_stored =
      into.stored.size() == into.limit || (!into.stored.empty() && bytes_read + value.size() > max_bytes);
    if (into.has_more_stored)
      return database::scan::stop;
    bytes_read += value.size();
    auto snapshot = database::load_stored<wire::Snapshot>(column::snapshots, key, value);
    if (!snapshot) {
      damage = snapshot.error();
      return database::scan::stop;
    }
    into.stored.push_back(msg<wire::CaptureSummary>::build([&](auto out) { summarise(**snapshot, out); }));
    return database::scan::next;
  });
  return failure ? failure : damage;
}

caf::error snapshot_store::list_deleted(std::string_view version, capture_id after, listing& into) const {
  caf::error damage;
  auto from = keys::deleted_capture(version, capture_id{after.value + 1});
  auto failure = db_.visit(column::snapshots, keys::deleted_captures_of(version), from, [&](auto key, auto value) {
    into.has_more_deleted = into.deleted.size() == into.limit;
    if (into.has_more_deleted)
      return database::scan::stop;
    auto summary = database::load_stored<wire::CaptureSummary>(column::snapshots, key, value);
    if (!summary) {
      damage = summary.error();
      return database::scan::stop;
    }
    into.deleted.push_back(std::move(*summary));
    return database::scan::next;
  });
  return failure ? failure : damage;
}

caf::expected<msg<wire::CaptureList>> snapshot_store::captures(std::string_view version, uint32_t limit,
                                                               capture_id after, size_t max_bytes) const {
  listing found;
  found.limit = limit;
  if (auto failure = list_stored(version, after, max_bytes, found))
    return failure;
  if (auto failure = list_deleted(version, after, found))
    return failure;
  auto number = [](const msg<wire::CaptureSummary>& each) { return each->getCaptureId(); };
  std::vector<msg<wire::CaptureSummary>> all;
  std::ranges::merge(found.stored, found.deleted, std::back_inserter(all), {}, number, number);
  // Behind the last one that was read, a list may lack some.
  auto end = all.end();
  for (auto [list, more] : {std::pair{&found.stored, found.has_more_stored}, {&found.deleted, found.has_more_deleted}})
    if (more)
      end = std::min(end, std::ranges::upper_bound(all, number(list->back()), {}, number));
  end = std::min(end, all.begin() + std::min<std::ptrdiff_t>(limit, std::ssize(all)));
  bool more = end != all.end() || found.has_more_stored || found.has_more_deleted;
  all.erase(end, all.end());
  return msg<wire::CaptureList>::build([&](wire::CaptureList::Builder out) {
    out.setVersion(std::string{version});
    auto list = out.initCaptures(static_cast<uint32_t>(all.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, *all[i]);
    if (more)
      out.setNext(number(all.back()));
  });
}

caf::expected<std::vector<std::string>> snapshot_store::versions(size_t limit) const {
  std::vector<std::string> out;
  auto prefix = keys::snapshot_summaries();
  auto failure = db_.visit(column::snapshots, prefix, prefix, [&](auto key, auto) {
    if (out.size() == limit)
      return database::scan::stop;
    out.emplace_back(key.substr(prefix.size()));
    return database::scan::next;
  });
  if (failure)
    return failure;
  return out;
}

caf::expected<msg<wire::SnapshotSummary>> snapshot_store::summary(std::string_view version) const {
  auto found = db_.get_msg<wire::SnapshotSummary>(column::snapshots, keys::snapshot_summary(version));
  if (!found)
    return found.error();
  if (!*found)
    return fail(ec::not_found, "no snapshot of version " + std::string{version});
  return std::move(**found);
}

caf::expected<msg<wire::SnapshotList>> snapshot_store::list(uint32_t limit, std::string_view after) const {
  std::vector<msg<wire::SnapshotSummary>> found;
  caf::error damage;
  auto from = after.empty() ? keys::snapshot_summaries() : keys::snapshot_summary(after) + '\0';
  // Reads one more than requested, to learn whether there is a next page.
  auto failure = db_.visit(column::snapshots, keys::snapshot_summaries(), from, [&](auto key, auto value) {
    auto summary = database::load_stored<wire::SnapshotSummary>(column::snapshots, key, value);
    if (!summary) {
      damage = summary.error();
      return database::scan::stop;
    }
    found.push_back(std::move(*summary));
    return found.size() > limit ? database::scan::stop : database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return msg<wire::SnapshotList>::build([&](wire::SnapshotList::Builder out) {
    bool more = found.size() > limit;
    if (more)
      found.pop_back();
    auto list = out.initSnapshots(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < found.size(); ++i)
      list.setWithCaveats(i, *found[i]);
    if (more)
      out.setNext(found.back()->getVersion());
  });
}

caf::expected<capture_id> snapshot_store::last_capture() const {
  auto last = db_.get_msg<wire::CaptureCounter>(column::meta, keys::last_capture());
  if (!last)
    return last.error();
  return capture_id{*last ? (**last)->getLast() : 0};
}

caf::expected<write_set> snapshot_store::keep(const msg<wire::Snapshot>& snapshot, capture_id last_given) const {
  auto version = as_view(snapshot->getVersion());
  auto before = db_.get_msg<wire::SnapshotSummary>(column::snapshots, keys::snapshot_summary(version));
  if (!before)
    return before.error();
  uint32_t captures = *before ? (**before)->getCaptures() : 0;
  write_set writes;
  writes.put(column::snapshots, keys::snapshot(version, capture_id{snapshot->getCaptureId()}), snapshot.bytes());
  writes.put(column::snapshots, keys::snapshot_summary(version), summarise(snapshot, captures + 1).bytes());
  auto counter = msg<wire::CaptureCounter>::build([&](auto out) { out.setLast(last_given.value); });
  writes.put(column::meta, keys::last_capture(), counter.bytes());
  return writes;
}

caf::error snapshot_store::appoint_latest(std::string_view version, std::string_view but_not, deletion& into) const {
  auto summary = db_.get_msg<wire::SnapshotSummary>(column::snapshots, keys::snapshot_summary(version));
  if (!summary)
    return summary.error();
  std::optional<std::string> newest_left;
  auto captures = keys::snapshots_of(version);
  auto behind = keys::after_prefix(captures).value_or("");
  auto failure = db_.visit_back(column::snapshots, captures, behind, [&](auto found, auto value) {
    if (found == but_not)
      return database::scan::next;
    newest_left = value;
    return database::scan::stop;
  });
  if (failure)
    return failure;
  if (!newest_left) {
    into.writes.erase(column::snapshots, keys::snapshot_summary(version));
    return caf::none;
  }
  auto latest = load_capture(captures, *newest_left);
  if (!latest)
    return latest.error();
  into.captures_left = *summary && (**summary)->getCaptures() > 1 ? (**summary)->getCaptures() - 1 : 1;
  into.latest = capture_id{(*latest)->getCaptureId()};
  into.writes.put(column::snapshots, keys::snapshot_summary(version), summarise(*latest, into.captures_left).bytes());
  return caf::none;
}

caf::expected<snapshot_store::deletion> snapshot_store::erase(const msg<wire::Snapshot>& snapshot,
                                                              const removal& why) const {
  auto version = as_view(snapshot->getVersion());
  capture_id id{snapshot->getCaptureId()};
  auto key = keys::snapshot(version, id);
  deletion out;
  if (auto failure = appoint_latest(version, key, out))
    return failure;
  out.writes.erase(column::snapshots, key);
  auto left = msg<wire::CaptureSummary>::build([&](wire::CaptureSummary::Builder kept) {
    summarise(*snapshot, kept);
    kept.setDeleted(std::string{why.reason});
    kept.setDeletedAt(why.at_unix_micros);
  });
  out.writes.put(column::snapshots, keys::deleted_capture(version, id), left.bytes());
  return out;
}

} // namespace hive
