#include "storage/snapshot_store.hpp"

namespace hive {
namespace {

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

uint32_t count_errors(wire::Snapshot::Reader snapshot) {
  uint32_t errors = 0;
  for (auto adapter : snapshot.getAdapters())
    errors += adapter.getStatus() == wire::AdapterStatus::ERROR;
  return errors;
}

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
    out.setName(std::string{view(metric.getAdapter())} + "." + std::string{bare_name(metric)});
    out.setValue(metric.getValue());
    out.setDirection(metric.getDirection());
    out.setUnit(metric.getUnit());
    out.setVersion(snapshot->getVersion());
    out.setCapturedAt(snapshot->getCapturedAt());
  });
}

} // namespace

std::string_view bare_name(wire::Metric::Reader metric) {
  auto name = view(metric.getName());
  auto adapter = view(metric.getAdapter());
  bool qualified =
    !adapter.empty() && name.size() > adapter.size() + 1 && name.starts_with(adapter) && name[adapter.size()] == '.';
  return qualified ? name.substr(adapter.size() + 1) : name;
}

caf::expected<msg<wire::Snapshot>> snapshot_store::latest(std::string_view version) const {
  auto prefix = keys::snapshots_of(version);
  auto bytes = db_.last(column::snapshots, prefix);
  if (!bytes)
    return bytes.error();
  if (!*bytes)
    return fail(ec::not_found, "no snapshot of version " + std::string{version});
  return database::load_stored<wire::Snapshot>(column::snapshots, prefix, **bytes);
}

caf::expected<msg<wire::SnapshotList>> snapshot_store::list(uint32_t limit, std::string_view after) const {
  std::vector<msg<wire::SnapshotSummary>> found;
  caf::error damage;
  auto from = after.empty() ? keys::snapshot_summaries() : keys::snapshot_summary(after) + '\0';
  // One more than asked for tells whether there is a next page.
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
  auto version = view(snapshot->getVersion());
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

void series_store::append(const msg<wire::Snapshot>& snapshot, write_set& writes) {
  for (auto metric : snapshot->getMetrics())
    writes.put(column::series,
               keys::series_point(view(metric.getAdapter()), bare_name(metric), capture_id{snapshot->getCaptureId()}),
               point_of(snapshot, metric).bytes());
}

caf::expected<msg<wire::LatestResults>> series_store::latest(std::string_view node) const {
  std::vector<msg<wire::SeriesPoint>> newest;
  std::string from;
  for (;;) {
    // Jump from history to history: only the first key of each is read to learn whose it is, and the last for its
    // value.
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
