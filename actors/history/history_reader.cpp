#include "actors/history/history_reader.hpp"

#include "actors/defaults.hpp"
#include "actors/history/history_overview.hpp"
#include "actors/history/history_page.hpp"
#include "analysis/similar_names.hpp"
#include "messages/text.hpp"
#include "storage/series_store.hpp"

#include <algorithm>
#include <iterator>

namespace hive {
namespace {

/// Longest name that `analysis::similar_names` takes.
constexpr size_t max_compared_name = 64;

metric_id metric_of(wire::MetricHistoryQuery::Reader query) {
  auto adapter = as_view(query.getAdapter());
  return {adapter == "-" ? "" : std::string{adapter}, std::string{as_view(query.getName())}};
}

std::string to_text(const metric_id& metric) {
  return (metric.adapter.empty() ? "-" : metric.adapter) + "." + metric.name;
}

/// Metrics that `wanted` may stand for: those of this name of other adapters, then those of similar names.
std::vector<std::string> find_similar(const metric_id& wanted, const std::vector<metric_id>& known) {
  std::vector<std::string> out, candidates;
  for (const auto& each : known) {
    auto text = to_text(each);
    if (each.name == wanted.name && out.size() < defaults::max_similar_metrics)
      out.push_back(text);
    else if (text.size() <= max_compared_name)
      candidates.push_back(std::move(text));
  }
  if (to_text(wanted).size() <= max_compared_name)
    std::ranges::move(analysis::similar_names(to_text(wanted), candidates, defaults::max_similar_metrics - out.size()),
                      std::back_inserter(out));
  return out;
}

caf::error unknown_metric(const series_store& store, const metric_id& wanted) {
  auto known = store.metrics(defaults::max_similar_candidates);
  if (!known)
    return known.error();
  std::string hint;
  for (const auto& each : find_similar(wanted, *known))
    hint += (hint.empty() ? "; did you mean " : " or ") + each;
  return fail(ec::not_found, "no capture has the metric " + to_text(wanted) + (hint.empty() ? "" : hint + "?"));
}

size_t count_counting(const std::vector<series_entry>& points) {
  const auto* reference = find_reference(points);
  return static_cast<size_t>(
    std::ranges::count_if(points, [&](const series_entry& each) { return counts(*each.point, *reference); }));
}

/// The newest points of a metric, at least `least`, and so many that as many count as are analysed; all that it has
/// when these are fewer, and none beyond `max_history_scan` for the sake of the analysis.
caf::expected<series_page> read_newest(const series_store& store, const metric_id& metric, size_t least) {
  auto out = store.history(metric, {}, std::max(least, analysis::max_history_values));
  while (out && out->more && out->points.size() < defaults::max_history_scan &&
         count_counting(out->points) < analysis::max_history_values) {
    auto older = store.history(metric, {.before = out->points.front().id}, analysis::max_history_values);
    if (!older)
      return older;
    older->points.insert(older->points.end(), std::make_move_iterator(out->points.begin()),
                         std::make_move_iterator(out->points.end()));
    out = std::move(older);
  }
  return out;
}

/// The page that begins after a capture, or ends before one.
caf::expected<msg<wire::MetricHistory>> build_other_page(const series_store& store, const analysed_history& history,
                                                         wire::MetricHistoryQuery::Reader query) {
  bool is_after = query.getAfter() != 0;
  series_range range{.after = {query.getAfter()}, .before = {query.getBefore()}, .oldest_first = is_after};
  auto page = store.history(history.metric, range, query.getLimit());
  if (!page)
    return page.error();
  capture_id next{};
  if (page->more)
    next = is_after ? page->points.back().id : page->points.front().id;
  return build_history_page(history, page->points, query.getSamples(), next);
}

caf::expected<told_history> told(caf::expected<msg<wire::MetricHistory>> answer) {
  if (!answer)
    return std::move(answer.error());
  return told_history{std::move(*answer)};
}

caf::expected<told_history> build_overview(const database& db, const analysed_history& history,
                                           wire::MetricHistoryQuery::Reader query,
                                           std::span<const analysis::configured_rules> rules) {
  std::vector<new_block> missing;
  auto overview = read_overview(db, history, {query.getFrom(), query.getTo()}, query.getPoints(), missing);
  if (!overview)
    return overview.error();
  if (auto current = history.found.current())
    overview->thresholds = find_thresholds(history.metric, series_kind::of(*find_reference(history.points)),
                                           history.found.drift ? history.found.drift->last : current->level, rules);
  return told_history{build_overview_page(history, *overview, query.getSamples()), std::move(missing)};
}

} // namespace

caf::expected<told_history> read_history(const database& db, wire::MetricHistoryQuery::Reader query,
                                         std::span<const analysis::configured_rules> rules) {
  if (query.getBefore() != 0 && query.getAfter() != 0)
    return fail(ec::invalid, "a page is either before a capture or after one");
  bool is_page = query.getPoints() == 0;
  if (is_page && (query.getFrom() != 0 || query.getTo() != 0))
    return fail(ec::invalid, "from and to are about points, which is missing");
  if (!is_page && (query.getBefore() != 0 || query.getAfter() != 0))
    return fail(ec::invalid, "points are of a time, from and to, not before or after a capture");
  series_store store{db};
  bool is_newest = query.getBefore() == 0 && query.getAfter() == 0;
  auto newest = read_newest(store, metric_of(query), is_page && is_newest ? query.getLimit() : 0);
  if (!newest)
    return newest.error();
  if (newest->points.empty())
    return unknown_metric(store, metric_of(query));
  auto history = analyse_history(metric_of(query), std::move(newest->points));
  if (!history)
    return history.error();
  if (!is_page)
    return build_overview(db, *history, query, rules);
  if (!is_newest)
    return told(build_other_page(store, *history, query));
  std::span<const series_entry> page{history->points};
  bool more = newest->more || page.size() > query.getLimit();
  page = page.last(std::min<size_t>(page.size(), query.getLimit()));
  return told_history{build_history_page(*history, page, query.getSamples(), more ? page.front().id : capture_id{})};
}

caf::expected<all_metrics> read_all_changes(const database& db, const std::atomic<bool>& cancelled) {
  series_store store{db};
  // One more than are looked at, to learn whether there are more.
  auto metrics = store.metrics(defaults::max_change_metrics + 1);
  if (!metrics)
    return metrics.error();
  all_metrics out{change_list{defaults::max_listed_changes}};
  if (metrics->size() > defaults::max_change_metrics) {
    out.changes.set_partial();
    out.metrics.set_partial();
    metrics->pop_back();
  }
  for (const auto& metric : *metrics) {
    if (cancelled)
      return fail(ec::unavailable, "the history is closing");
    auto newest = read_newest(store, metric, 0);
    if (!newest)
      return newest.error();
    auto history = analyse_history(metric, std::move(newest->points));
    if (!history)
      return history.error();
    out.changes.add(changes_of(*history));
    out.metrics.add(line_of(*history));
  }
  out.changes.finish();
  return out;
}

} // namespace hive
