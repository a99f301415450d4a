#include "storage/snapshot_store.hpp"

#include "messages/snapshot.hpp"
#include "messages/text.hpp"

namespace hive {
namespace {

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

msg<wire::SeriesPoint> point_of(const msg<wire::Snapshot>& snapshot, wire::Metric::Reader metric) {
  return msg<wire::SeriesPoint>::build([&](wire::SeriesPoint::Builder out) {
    out.setName(std::string{as_view(metric.getAdapter())} + "." + std::string{bare_name(metric)});
    out.setValue(metric.getValue());
    out.setDirection(metric.getDirection());
    out.setUnit(metric.getUnit());
    out.setVersion(snapshot->getVersion());
    out.setCapturedAt(snapshot->getCapturedAt());
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
  if (!*bytes)
    return fail(ec::not_found, "no capture " + std::to_string(id.value) + " of version " + std::string{version});
  return load_capture(key, **bytes);
}

caf::expected<msg<wire::CaptureList>> snapshot_store::captures(std::string_view version, uint32_t limit,
                                                               capture_id after, size_t max_bytes) const {
  std::vector<msg<wire::CaptureSummary>> found;
  caf::error damage;
  size_t bytes_read = 0;
  bool more = false;
  auto prefix = keys::snapshots_of(version);
  auto from = keys::snapshot(version, capture_id{after.value + 1});
  auto failure = db_.visit(column::snapshots, prefix, from, [&](auto key, auto value) {
    more = found.size() == limit || (!found.empty() && bytes_read + value.size() > max_bytes);
    if (more)
      return database::scan::stop;
    bytes_read += value.size();
    auto snapshot = database::load_stored<wire::Snapshot>(column::snapshots, key, value);
    if (!snapshot) {
      damage = snapshot.error();
      return database::scan::stop;
    }
    found.push_back(msg<wire::CaptureSummary>::build([&](auto out) { summarise(**snapshot, out); }));
    return database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return msg<wire::CaptureList>::build([&](wire::CaptureList::Builder out) {
    out.setVersion(std::string{version});
    auto list = out.initCaptures(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, *found[i]);
    if (more)
      out.setNext(found.back()->getCaptureId());
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

caf::expected<snapshot_store::deletion> snapshot_store::erase(const msg<wire::Snapshot>& snapshot) const {
  auto version = as_view(snapshot->getVersion());
  auto key = keys::snapshot(version, capture_id{snapshot->getCaptureId()});
  auto summary = db_.get_msg<wire::SnapshotSummary>(column::snapshots, keys::snapshot_summary(version));
  if (!summary)
    return summary.error();
  std::optional<std::string> newest_left;
  auto captures = keys::snapshots_of(version);
  auto behind = keys::after_prefix(captures).value_or("");
  auto failure = db_.visit_back(column::snapshots, captures, behind, [&](auto found, auto value) {
    if (found == key)
      return database::scan::next;
    newest_left = value;
    return database::scan::stop;
  });
  if (failure)
    return failure;
  deletion out;
  out.writes.erase(column::snapshots, key);
  if (!newest_left) {
    out.writes.erase(column::snapshots, keys::snapshot_summary(version));
    return out;
  }
  auto latest = load_capture(captures, *newest_left);
  if (!latest)
    return latest.error();
  out.captures_left = *summary && (**summary)->getCaptures() > 1 ? (**summary)->getCaptures() - 1 : 1;
  out.latest = capture_id{(*latest)->getCaptureId()};
  out.writes.put(column::snapshots, keys::snapshot_summary(version), summarise(*latest, out.captures_left).bytes());
  return out;
}

void series_store::append(const msg<wire::Snapshot>& snapshot, write_set& writes) {
  for (auto metric : snapshot->getMetrics())
    writes.put(
      column::series,
      keys::series_point(as_view(metric.getAdapter()), bare_name(metric), capture_id{snapshot->getCaptureId()}),
      point_of(snapshot, metric).bytes());
}

void series_store::remove(const msg<wire::Snapshot>& snapshot, write_set& writes) {
  for (auto metric : snapshot->getMetrics())
    writes.erase(column::series, keys::series_point(as_view(metric.getAdapter()), bare_name(metric),
                                                    capture_id{snapshot->getCaptureId()}));
}

caf::expected<msg<wire::LatestResults>> series_store::latest(std::string_view node) const {
  std::vector<msg<wire::SeriesPoint>> newest;
  std::string from;
  for (;;) {
    // Jumps from history to history: reads the first key of each to identify it, and the last for its value.
    std::string history;
    auto failure = db_.visit(column::series, "", from, [&](auto key, auto) {
      history = keys::series_of_key(key);
      return database::scan::stop;
    });
    if (failure)
      return failure;
    if (history.empty())
      break;
    auto bytes = db_.last(column::series, history);
    if (!bytes)
      return bytes.error();
    auto point = database::load_stored<wire::SeriesPoint>(column::series, history, bytes->value_or(""));
    if (!point)
      return point.error();
    newest.push_back(std::move(*point));
    from = keys::after_prefix(history).value_or("");
  }
  return msg<wire::LatestResults>::build([&](wire::LatestResults::Builder out) {
    out.setNode(std::string{node});
    auto list = out.initResults(static_cast<uint32_t>(newest.size()));
    for (uint32_t i = 0; i < newest.size(); ++i)
      list.setWithCaveats(i, *newest[i]);
  });
}

} // namespace hive
