#include "actors/history/history_page.hpp"

#include "actors/history/version_runs.hpp"
#include "analysis/contention.hpp"
#include "analysis/rounding.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace hive {
namespace {

/// As in the schema.
constexpr size_t max_suspects = 20;
constexpr size_t max_spark = 40;

using point_reader = wire::SeriesPoint::Reader;

double percent(double relative) {
  return std::isfinite(relative) ? 100 * relative : std::numeric_limits<double>::quiet_NaN();
}

bool is_worse(wire::Direction better, double before, double after) {
  return better == wire::Direction::HIGHER ? after < before : after > before;
}

/// How the schema names the adapter of metrics that name none.
std::string shown_adapter(const metric_id& metric) {
  return metric.adapter.empty() ? "-" : metric.adapter;
}

/// Builds the records of one history's changes.
class change_writer {
public:
  explicit change_writer(const analysed_history& history)
      : history_{history}, reference_{find_reference(history.points)}, runs_{find_version_runs(history)} {
  }

  msg<wire::HistoryChange> step(const analysis::change_point& change) const {
    return msg<wire::HistoryChange>::build([&](wire::HistoryChange::Builder out) {
      put_place(change.index, out);
      put_figures(change.before, change.after, change.relative, change.p, out);
      out.setKind(wire::ChangeKind::STEP);
      out.setWorse(is_worse(reference_->getDirection(), change.before, change.after));
    });
  }

  msg<wire::HistoryChange> variance(const analysis::variance_change& change) const {
    return msg<wire::HistoryChange>::build([&](wire::HistoryChange::Builder out) {
      put_place(change.index, out);
      put_figures(change.before, change.after, (change.after - change.before) / change.before, change.p, out);
      out.setKind(wire::ChangeKind::VARIANCE);
      out.setWorse(change.after > change.before);
    });
  }

  msg<wire::HistoryChange> drift(const analysis::drift_line& line) const {
    return msg<wire::HistoryChange>::build([&](wire::HistoryChange::Builder out) {
      put_capture(history_.counted.size() - 1, out);
      out.setPreviousVersion(version_of(0));
      put_figures(line.first, line.last, line.relative, line.p, out);
      out.setKind(wire::ChangeKind::DRIFT);
      out.setWorse(is_worse(reference_->getDirection(), line.first, line.last));
    });
  }

private:
  const series_entry& entry(size_t value) const {
    return history_.points[history_.counted[value]];
  }

  std::string version_of(size_t value) const {
    return std::string{as_view(entry(value).point->getVersion())};
  }

  void put_capture(size_t value, wire::HistoryChange::Builder out) const {
    out.setCaptureId(entry(value).id.value);
    out.setAt(entry(value).point->getCapturedAt());
    out.setVersion(version_of(value));
  }

  void put_place(size_t value, wire::HistoryChange::Builder out) const {
    put_capture(value, out);
    out.setPreviousVersion(version_of(value - 1));
    auto suspects = find_suspects(runs_, value, max_suspects);
    auto list = out.initSuspects(static_cast<uint32_t>(suspects.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, suspects[i]);
  }

  void put_figures(double before, double after, double relative, double p, wire::HistoryChange::Builder out) const {
    out.setAdapter(shown_adapter(history_.metric));
    out.setMetric(history_.metric.name);
    out.setUnit(reference_->getUnit());
    out.setBefore(before);
    out.setAfter(after);
    out.setChangePct(percent(relative));
    out.setP(p);
  }

  const analysed_history& history_;
  const point_reader* reference_;
  const std::vector<version_run> runs_;
};

void put_drift(const analysed_history& history, wire::HistoryDrift::Builder out) {
  const auto& line = *history.found.drift;
  out.setPerCapture(line.slope);
  out.setFirst(line.first);
  out.setLast(line.last);
  out.setChangePct(percent(line.relative));
  out.setP(line.p);
  out.setDeviation(line.deviation);
  out.setWorse(is_worse(find_reference(history.points)->getDirection(), line.first, line.last));
}

void put_segment(const analysed_history& history, wire::HistorySegment::Builder out) {
  auto current = *history.found.current();
  const auto& drift = history.found.drift;
  const auto& first = history.points[history.counted[current.begin]];
  out.setLevel(drift ? drift->last : current.level);
  out.setDeviation(drift ? drift->deviation : current.deviation);
  out.setValues(static_cast<uint32_t>(current.size()));
  out.setCaptureId(first.id.value);
  out.setSince(first.point->getCapturedAt());
  out.setVersion(first.point->getVersion());
}

std::string describe_beside(wire::Contention::Reader from) {
  return analysis::describe_contention({.steal = from.getSteal(),
                                        .pressure = from.getPressure(),
                                        .load = from.getLoad(),
                                        .throttled = from.getThrottled(),
                                        .captures = from.getCaptures()});
}

void put_reasons(point_reader point, point_reader reference, wire::HistoryPoint::Builder out) {
  if (point.hasDisturbed())
    out.setDisturbed(point.getDisturbed());
  if (point.hasDeleted())
    out.setDeleted(point.getDeleted());
  out.setDeletedAt(point.getDeletedAt());
  if (auto why = why_incomparable(point, reference); !why.empty())
    out.setIncomparable(why);
}

void put_point(const series_entry& entry, point_reader reference, bool with_samples, wire::HistoryPoint::Builder out) {
  point_reader point = *entry.point;
  out.setCaptureId(entry.id.value);
  out.setVersion(point.getVersion());
  out.setCapturedAt(point.getCapturedAt());
  out.setValue(point.getValue());
  out.setLow(point.getLow());
  out.setHigh(point.getHigh());
  out.setSampleCount(point.getSampleCount());
  if (with_samples)
    out.setSamples(point.getSamples());
  out.setImported(point.getImported());
  out.setSimulated(point.getSimulated());
  if (auto what = describe_beside(point.getContention()); !what.empty())
    out.setBeside(what);
  put_reasons(point, reference, out);
}

/// The captures whose value is a spike.
std::set<capture_id> spikes_of(const analysed_history& history) {
  std::set<capture_id> out;
  for (const auto& each : history.found.spikes)
    out.insert(history.points[history.counted[each.index]].id);
  return out;
}

/// Rounds to the digits that a picture can show: all of them would be half of the answer.
double shown(double value) {
  constexpr int digits = 6;
  if (value == 0 || !std::isfinite(value))
    return 0;
  auto decimals = digits - 1 - static_cast<int>(std::floor(std::log10(std::abs(value))));
  if (decimals >= 0 && decimals <= analysis::max_decimals)
    return analysis::round_decimals(value, decimals);
  auto step = std::pow(10.0, -decimals); // of very large and very small values, 10 is no exact divisor
  auto rounded = std::round(value / step) * step;
  return std::isfinite(rounded) ? rounded : value;
}

void put_newest(const analysed_history& history, wire::MetricLine::Builder out) {
  point_reader newest = *history.points[history.counted.back()].point;
  out.setValue(newest.getValue());
  out.setCapturedAt(newest.getCapturedAt());
  out.setVersion(newest.getVersion());
  std::vector<analysis::capture_range> values;
  for (auto place : history.counted)
    values.push_back(range_of(history.points[place].id, *history.points[place].point, true));
  auto medians = analysis::to_buckets(values, max_spark);
  auto spark = out.initSpark(static_cast<uint32_t>(medians.size()));
  for (uint32_t i = 0; i < spark.size(); ++i)
    spark.set(i, shown(medians[i].median));
}

void put_move(wire::HistoryChange::Reader change, wire::MetricMove::Builder out) {
  out.setAt(change.getAt());
  out.setKind(change.getKind());
  out.setChangePct(change.getChangePct());
  out.setWorse(change.getWorse());
  out.setP(change.getP());
  out.setVersion(change.getVersion());
}

/// Fills all of an answer but its points.
void put_findings(const analysed_history& history, wire::MetricHistory::Builder out) {
  out.setAdapter(shown_adapter(history.metric));
  out.setName(history.metric.name);
  if (const auto* reference = find_reference(history.points)) {
    out.setDirection(reference->getDirection());
    out.setUnit(reference->getUnit());
  }
  auto changes = changes_of(history);
  auto list = out.initChanges(static_cast<uint32_t>(changes.size()));
  for (uint32_t i = 0; i < list.size(); ++i)
    list.setWithCaveats(i, *changes[i]);
  if (history.found.drift)
    put_drift(history, out.initDrift());
  if (history.found.current())
    put_segment(history, out.initCurrent());
  out.setAnalysed(static_cast<uint32_t>(history.counted.size()));
}

void put_points(const analysed_history& history, std::span<const series_entry> page, bool with_samples,
                wire::MetricHistory::Builder out) {
  auto spikes = spikes_of(history);
  const auto* reference = find_reference(history.points);
  auto points = out.initPoints(static_cast<uint32_t>(page.size()));
  for (uint32_t i = 0; i < points.size(); ++i) {
    put_point(page[i], *reference, with_samples, points[i]);
    points[i].setSpike(spikes.contains(page[i].id));
  }
}

/// In microseconds.
constexpr int64_t second = 1'000'000;

void put_versions(std::span<const version_start> starts, wire::HistoryVersions::Builder out) {
  auto size = static_cast<uint32_t>(starts.size());
  auto versions = out.initVersion(size);
  auto captures = out.initCaptureId(size);
  auto at = out.initAt(size);
  for (uint32_t i = 0; i < size; ++i) {
    versions.set(i, starts[i].version);
    captures.set(i, starts[i].capture.value);
    at.set(i, starts[i].at / second);
  }
}

void put_buckets(std::span<const analysis::capture_range> buckets, wire::HistoryBuckets::Builder out) {
  auto size = static_cast<uint32_t>(buckets.size());
  auto from = out.initFrom(size), seconds = out.initSeconds(size);
  auto first = out.initFirstCapture(size), span = out.initCaptureSpan(size);
  auto least = out.initLeast(size), median = out.initMedian(size), most = out.initMost(size);
  auto count = out.initCount(size);
  bool is_any_left_out = std::ranges::any_of(buckets, [](const auto& each) { return each.left_out != 0; });
  auto left_out = out.initLeftOut(is_any_left_out ? size : 0);
  for (uint32_t i = 0; i < size; ++i) {
    const auto& each = buckets[i];
    from.set(i, each.from / second);
    seconds.set(i, each.to / second - each.from / second);
    first.set(i, each.first_capture);
    span.set(i, each.last_capture - each.first_capture);
    least.set(i, shown(each.least));
    median.set(i, shown(each.median));
    most.set(i, shown(each.most));
    count.set(i, each.count);
    if (is_any_left_out)
      left_out.set(i, each.left_out);
  }
}

} // namespace

bool is_usable(point_reader point) {
  return !point.hasDeleted() && !point.hasDisturbed() && std::isfinite(point.getValue());
}

const point_reader* find_reference(std::span<const series_entry> points) {
  auto usable = std::ranges::find_if(points.rbegin(), points.rend(),
                                     [](const series_entry& each) { return is_usable(*each.point); });
  if (usable != points.rend())
    return &*usable->point;
  return points.empty() ? nullptr : &*points.back().point;
}

std::string why_incomparable(point_reader point, point_reader reference) {
  if (as_view(point.getUnit()) != as_view(reference.getUnit()))
    return point.getUnit().size() == 0 ? "it has no unit" : "its unit is " + std::string{as_view(point.getUnit())};
  if (point.getDirection() != reference.getDirection())
    return point.getDirection() == wire::Direction::HIGHER ? "higher was better" : "lower was better";
  if (point.getSimulated() != reference.getSimulated())
    return point.getSimulated() ? "it was simulated" : "it was not simulated";
  return {};
}

bool counts(point_reader point, point_reader reference) {
  return is_usable(point) && why_incomparable(point, reference).empty();
}

caf::expected<analysed_history> analyse_history(metric_id metric, std::vector<series_entry> points) {
  analysed_history out{std::move(metric), std::move(points), {}, {}};
  std::vector<double> values;
  const auto* reference = find_reference(out.points);
  for (size_t i = out.points.size(); i > 0 && values.size() < analysis::max_history_values; --i)
    if (counts(*out.points[i - 1].point, *reference)) {
      out.counted.push_back(i - 1);
      values.push_back(out.points[i - 1].point->getValue());
    }
  std::ranges::reverse(out.counted);
  std::ranges::reverse(values);
  auto found = analysis::find_changes(values);
  if (const auto* refused = std::get_if<analysis::refusal>(&found))
    return fail(ec::internal, refused->text);
  out.found = std::move(std::get<analysis::history_changes>(found));
  return out;
}

std::vector<msg<wire::HistoryChange>> changes_of(const analysed_history& history) {
  std::vector<msg<wire::HistoryChange>> out;
  change_writer writer{history};
  for (const auto& each : history.found.changes)
    out.push_back(writer.step(each));
  for (const auto& each : history.found.variance_changes)
    out.push_back(writer.variance(each));
  if (history.found.drift)
    out.push_back(writer.drift(*history.found.drift));
  std::ranges::stable_sort(out, {}, [](const msg<wire::HistoryChange>& each) { return each->getCaptureId(); });
  return out;
}

msg<wire::MetricLine> line_of(const analysed_history& history) {
  return msg<wire::MetricLine>::build([&](wire::MetricLine::Builder out) {
    out.setAdapter(shown_adapter(history.metric));
    out.setName(history.metric.name);
    out.setCaptures(static_cast<uint32_t>(history.points.size()));
    if (const auto* reference = find_reference(history.points)) {
      out.setDirection(reference->getDirection());
      out.setUnit(reference->getUnit());
    }
    if (auto current = history.found.current()) {
      const auto& drift = history.found.drift;
      out.setLevel(drift ? drift->last : current->level);
      out.setDeviation(drift ? drift->deviation : current->deviation);
    }
    if (!history.counted.empty())
      put_newest(history, out);
    if (auto changes = changes_of(history); !changes.empty())
      put_move(*changes.back(), out.initChange());
  });
}

msg<wire::MetricHistory> build_history_page(const analysed_history& history, std::span<const series_entry> page,
                                            bool with_samples, capture_id next) {
  return msg<wire::MetricHistory>::build([&](wire::MetricHistory::Builder out) {
    put_findings(history, out);
    put_points(history, page, with_samples, out);
    out.setNext(next.value);
  });
}

msg<wire::MetricHistory> build_overview_page(const analysed_history& history, const history_overview& overview,
                                             bool with_samples) {
  return msg<wire::MetricHistory>::build([&](wire::MetricHistory::Builder out) {
    put_findings(history, out);
    put_points(history, overview.points, with_samples, out);
    out.setCaptures(overview.captures);
    if (!overview.buckets.empty())
      put_buckets(overview.buckets, out.initBuckets());
    put_versions(overview.versions, out.initVersions());
    auto thresholds = out.initThresholds(static_cast<uint32_t>(overview.thresholds.size()));
    for (uint32_t i = 0; i < thresholds.size(); ++i) {
      thresholds[i].setPolicy(overview.thresholds[i].policy);
      thresholds[i].setValue(overview.thresholds[i].value);
      thresholds[i].setWhy(overview.thresholds[i].why);
    }
  });
}

} // namespace hive
