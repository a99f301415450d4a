#include "storage/series_store.hpp"

#include "messages/snapshot.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>

namespace hive {
namespace {

/// As in the schema.
constexpr size_t max_kept_disturbance_bytes = 512;

/// What an adapter's outcome says about all its metrics.
struct circumstances {
  std::string disturbance;
  bool simulated = false;
  std::optional<wire::Contention::Reader> contention = {};
};

using circumstances_of_adapters = std::map<std::string_view, circumstances>;

circumstances_of_adapters read_circumstances(wire::Snapshot::Reader snapshot) {
  circumstances_of_adapters out;
  for (auto adapter : snapshot.getAdapters()) {
    auto why = disturbance_of(adapter);
    bool simulated = adapter.hasEvidence() && adapter.getEvidence().getQuality() == wire::RunQuality::SIMULATED;
    if (!why.empty() || simulated || adapter.hasContention())
      out[as_view(adapter.getName())] = {std::string{cut_text(why, max_kept_disturbance_bytes)}, simulated,
                                         adapter.hasContention() ? std::optional{adapter.getContention()}
                                                                 : std::nullopt};
  }
  return out;
}

void put_samples(capnp::List<double>::Reader samples, wire::SeriesPoint::Builder out) {
  if (samples.size() == 0)
    return;
  out.setSampleCount(samples.size());
  double low = samples[0], high = samples[0];
  for (double each : samples) {
    low = std::fmin(low, each);
    high = std::fmax(high, each);
  }
  out.setLow(low);
  out.setHigh(high);
  auto kept = out.initSamples(std::min(samples.size(), series_store::max_samples));
  for (uint64_t i = 0; i < kept.size(); ++i)
    kept.set(static_cast<uint32_t>(i),
             samples[kept.size() == 1 ? 0 : static_cast<uint32_t>(i * (samples.size() - 1) / (kept.size() - 1))]);
}

void put_point(wire::Snapshot::Reader snapshot, wire::Metric::Reader metric, const circumstances& how,
               wire::SeriesPoint::Builder out) {
  out.setName(std::string{as_view(metric.getAdapter())} + "." + std::string{bare_name(metric)});
  out.setValue(metric.getValue());
  out.setDirection(metric.getDirection());
  out.setUnit(metric.getUnit());
  out.setVersion(snapshot.getVersion());
  out.setCapturedAt(snapshot.getCapturedAt());
  out.setCaptureId(snapshot.getCaptureId());
  put_samples(metric.getSamples(), out);
  if (!how.disturbance.empty())
    out.setDisturbed(how.disturbance);
  out.setImported(snapshot.getImported());
  out.setSimulated(how.simulated);
  if (how.contention)
    out.setContention(*how.contention);
}

void put_points(wire::Snapshot::Reader snapshot, const removal* deleted, bool late, write_set& writes) {
  auto adapters = read_circumstances(snapshot);
  const circumstances usual;
  capture_id id{snapshot.getCaptureId()};
  for (auto metric : snapshot.getMetrics()) {
    auto adapter = as_view(metric.getAdapter());
    auto known = adapters.find(adapter);
    auto point = msg<wire::SeriesPoint>::build([&](wire::SeriesPoint::Builder out) {
      put_point(snapshot, metric, known == adapters.end() ? usual : known->second, out);
      if (deleted) {
        out.setDeleted(std::string{deleted->reason});
        out.setDeletedAt(deleted->at_unix_micros);
      }
    });
    auto name = bare_name(metric);
    auto series = snapshot.getImported() ? keys::imported_series_of(adapter, name) : keys::series_of(adapter, name);
    writes.put(column::series, keys::point_of(series, id), point.bytes());
    if (deleted)
      writes.put(column::snapshots, keys::deletion_mark(series, id), {});
    else if (late)
      writes.put(column::snapshots, keys::late_mark(series, id), {});
  }
  writes.add_to_counter(keys::series_revision(), 1);
}

/// A point as in the answer about newest results: without what only the history shows.
void copy_result(wire::SeriesPoint::Reader point, wire::SeriesPoint::Builder out) {
  out.setName(point.getName());
  out.setValue(point.getValue());
  out.setDirection(point.getDirection());
  if (point.hasUnit())
    out.setUnit(point.getUnit());
  out.setVersion(point.getVersion());
  out.setCapturedAt(point.getCapturedAt());
  out.setCaptureId(point.getCaptureId());
}

/// Two sorted lists as one.
template <class T, class Before>
std::vector<T> merge(std::vector<T> a, std::vector<T> b, Before before) {
  std::vector<T> out;
  out.reserve(a.size() + b.size());
  std::merge(std::make_move_iterator(a.begin()), std::make_move_iterator(a.end()), std::make_move_iterator(b.begin()),
             std::make_move_iterator(b.end()), std::back_inserter(out), before);
  return out;
}

/// Visits the series whose keys begin with `prefix` but not with `but_not`, each once, in their order.
caf::error visit_series(const database& db, std::string_view prefix, std::string_view but_not,
                        const std::function<database::scan(std::string_view)>& visit_one) {
  std::string from{prefix};
  for (bool ended = false; !ended;) {
    // Jumps from series to series: reads the first key of each.
    std::string series;
    auto failure = db.visit(column::series, prefix, from, [&](auto key, auto) {
      if (but_not.empty() || !key.starts_with(but_not))
        series = keys::series_of_key(key);
      return database::scan::stop;
    });
    if (failure)
      return failure;
    ended = series.empty() || visit_one(series) == database::scan::stop;
    from = keys::after_prefix(series).value_or("");
  }
  return caf::none;
}

} // namespace

void series_store::append(wire::Snapshot::Reader snapshot, write_set& writes, bool late) {
  put_points(snapshot, nullptr, late, writes);
}

void series_store::mark_deleted(wire::Snapshot::Reader snapshot, const removal& why, write_set& writes) {
  put_points(snapshot, &why, false, writes);
}

caf::expected<std::optional<msg<wire::SeriesPoint>>> series_store::newest(std::string_view series) const {
  std::optional<msg<wire::SeriesPoint>> out;
  caf::error damage;
  auto failure =
    db_.visit_back(column::series, series, keys::after_prefix(series).value_or(""), [&](auto key, auto value) {
      auto point = database::load_stored<wire::SeriesPoint>(column::series, key, value);
      if (!point) {
        damage = point.error();
        return database::scan::stop;
      }
      if ((*point)->hasDeleted())
        return database::scan::next;
      out = std::move(*point);
      return database::scan::stop;
    });
  if (failure || damage)
    return failure ? failure : damage;
  return out;
}

caf::expected<msg<wire::LatestResults>> series_store::latest(std::string_view node) const {
  std::vector<msg<wire::SeriesPoint>> found;
  caf::error damage;
  auto failure = visit_series(db_, "", keys::imported_series(), [&](auto series) {
    auto point = newest(series);
    if (!point)
      damage = point.error();
    else if (*point)
      found.push_back(std::move(**point));
    return damage ? database::scan::stop : database::scan::next;
  });
  if (failure || damage)
    return failure ? failure : damage;
  return msg<wire::LatestResults>::build([&](wire::LatestResults::Builder out) {
    out.setNode(std::string{node});
    auto list = out.initResults(static_cast<uint32_t>(found.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      copy_result(*found[i], list[i]);
  });
}

caf::error series_store::read_oldest(std::string_view series, capture_id begin, capture_id end, size_t limit,
                                     std::vector<series_entry>& out) const {
  caf::error damage;
  auto failure = db_.visit(column::series, series, keys::point_of(series, begin), [&](auto key, auto value) {
    auto id = keys::capture_of_point(key);
    if (out.size() == limit || (end.value != 0 && id >= end))
      return database::scan::stop;
    auto point = database::load_stored<wire::SeriesPoint>(column::series, key, value);
    if (!point) {
      damage = point.error();
      return database::scan::stop;
    }
    out.push_back({id, std::move(*point)});
    return database::scan::next;
  });
  return failure ? failure : damage;
}

caf::expected<capture_id> series_store::newest_capture(std::string_view series, capture_id before) const {
  capture_id out{};
  auto end = before.value == 0 ? keys::after_prefix(series).value_or("") : keys::point_of(series, before);
  auto failure = db_.visit_back(column::series, series, end, [&](auto key, auto) {
    out = keys::capture_of_point(key);
    return database::scan::stop;
  });
  if (failure)
    return failure;
  return out;
}

caf::error series_store::read_newest(std::string_view series, capture_id after, capture_id before, size_t limit,
                                     std::vector<series_entry>& out) const {
  auto newest = newest_capture(series, before);
  if (!newest)
    return newest.error();
  // Scans forwards, which costs half of backwards, over as many captures as there are points to find; most series have
  // a point for each. Over more and more where that is too few.
  uint64_t end = newest->value + 1, captures = limit;
  const uint64_t first = after.value + 1;
  while (out.size() < limit && first < end) {
    auto begin = end - first > captures ? end - captures : first;
    std::vector<series_entry> found;
    if (auto failure = read_oldest(series, {begin}, {end}, captures, found))
      return failure;
    std::ranges::move(out, std::back_inserter(found));
    out = std::move(found);
    end = begin;
    captures *= 2;
  }
  out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(std::min(limit, out.size())));
  return caf::none;
}

caf::expected<series_page> series_store::history(const metric_id& metric, const series_range& range,
                                                 size_t limit) const {
  // Reads one more than requested, to learn whether there are more.
  auto read = [&](const std::string& series, std::vector<series_entry>& into) {
    return range.oldest_first ? read_oldest(series, capture_id{range.after.value + 1}, range.before, limit + 1, into)
                              : read_newest(series, range.after, range.before, limit + 1, into);
  };
  std::vector<series_entry> own, imported;
  if (auto failure = read(keys::series_of(metric.adapter, metric.name), own))
    return failure;
  if (auto failure = read(keys::imported_series_of(metric.adapter, metric.name), imported))
    return failure;
  series_page out{merge(std::move(own), std::move(imported),
                        [](const series_entry& a, const series_entry& b) { return a.id < b.id; })};
  out.more = out.points.size() > limit;
  auto kept = out.points.begin() + static_cast<std::ptrdiff_t>(std::min(limit, out.points.size()));
  if (range.oldest_first)
    out.points.erase(kept, out.points.end());
  else
    out.points.erase(out.points.begin(), out.points.end() - (kept - out.points.begin()));
  return out;
}

caf::error series_store::visit(std::string_view series, capture_id after, capture_id last,
                               const point_visitor& visit_point) const {
  caf::error damage;
  auto failure =
    db_.visit(column::series, series, keys::point_of(series, {after.value + 1}), [&](auto key, auto value) {
      auto id = keys::capture_of_point(key);
      if (last.value != 0 && id > last)
        return database::scan::stop;
      auto point = database::load_stored<wire::SeriesPoint>(column::series, key, value);
      if (point)
        return visit_point(id, std::move(*point));
      damage = point.error();
      return database::scan::stop;
    });
  return failure ? failure : damage;
}

caf::expected<std::vector<capture_id>> series_store::marks(std::string_view series) const {
  std::vector<capture_id> out;
  auto prefix = keys::series_marks_of(series);
  auto failure = db_.visit(column::snapshots, prefix, prefix, [&](auto key, auto) {
    out.push_back(keys::capture_of_mark(key));
    return database::scan::next;
  });
  if (failure)
    return failure;
  return out;
}

caf::expected<std::vector<metric_id>> series_store::metrics(size_t limit) const {
  std::vector<metric_id> own, imported;
  auto gather = [limit](std::vector<metric_id>& into) {
    return [&into, limit](std::string_view series) {
      if (into.size() == limit)
        return database::scan::stop;
      auto parts = keys::parts_of_series(series);
      into.push_back({std::string{parts.adapter}, std::string{parts.metric}});
      return database::scan::next;
    };
  };
  if (auto failure = visit_series(db_, "", keys::imported_series(), gather(own)))
    return failure;
  if (auto failure = visit_series(db_, keys::imported_series(), "", gather(imported)))
    return failure;
  auto out = merge(std::move(own), std::move(imported), std::less<metric_id>{});
  out.erase(std::ranges::unique(out).begin(), out.end());
  out.resize(std::min(out.size(), limit));
  return out;
}

caf::expected<int64_t> series_store::revision() const {
  return db_.counter(keys::series_revision());
}

} // namespace hive
