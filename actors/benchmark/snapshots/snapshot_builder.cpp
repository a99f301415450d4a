#include "actors/benchmark/snapshots/snapshot_builder.hpp"

#include "actors/benchmark/snapshots/samples.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/snapshot.hpp"
#include "messages/text.hpp"

#include <cmath>
#include <map>
#include <set>
#include <string_view>

namespace hive {
namespace {

/// A metric to be written into a snapshot.
struct placed_metric {
  std::string_view adapter;
  wire::Metric::Reader metric;
};

static_assert(static_cast<int>(analysis::metric_kind::ratio) == static_cast<int>(wire::MetricKind::RATIO));

/// Fills in the rules that a metric of a built-in adapter does not state, so that readers see how it is judged.
void add_builtin_rules(wire::Metric::Builder out) {
  auto metric = out.asReader();
  auto rules = analysis::builtin_rules(as_view(metric.getAdapter()), bare_name(metric), as_view(metric.getUnit()));
  out.setGate(metric.getGate() && rules.gate);
  if (metric.getKind() == wire::MetricKind::CONTINUOUS)
    out.setKind(static_cast<wire::MetricKind>(rules.kind));
  if (std::isnan(metric.getAbsoluteMargin()))
    out.setAbsoluteMargin(rules.absolute_margin);
  if (std::isnan(metric.getFloor()))
    out.setFloor(rules.floor);
}

/// Writes metrics, as `adapter.name` where the name alone would be ambiguous.
void write_metrics(const std::vector<placed_metric>& metrics, wire::Snapshot::Builder out) {
  std::map<std::string_view, int> uses;
  for (const auto& [adapter, metric] : metrics)
    ++uses[as_view(metric.getName())];
  auto list = out.initMetrics(static_cast<uint32_t>(metrics.size()));
  for (uint32_t i = 0; i < metrics.size(); ++i) {
    const auto& [adapter, metric] = metrics[i];
    list.setWithCaveats(i, metric);
    list[i].setAdapter(std::string{adapter});
    if (uses[as_view(metric.getName())] > 1)
      list[i].setName(std::string{adapter} + "." + std::string{as_view(metric.getName())});
  }
}

void write_outcome(const adapter_outcome& outcome, wire::AdapterOutcome::Builder out) {
  constexpr size_t max_reason = 4000; // fits the field, including the ellipsis
  auto reason = outcome.reason.size() > max_reason ? outcome.reason.substr(0, max_reason) + "…" : outcome.reason;
  out.setName(outcome.name);
  out.setStatus(outcome.status);
  out.setReason(reason);
  out.setDurationS(outcome.duration_s);
  out.setTier(outcome.tier);
  out.setGiven(outcome.given);
  if (outcome.is_leased && outcome.measurement->hasEvidence())
    out.setEvidence(outcome.measurement->getEvidence());
  if (outcome.contention)
    out.setContention(**outcome.contention);
}

std::optional<std::string> find_double(const std::vector<placed_metric>& metrics) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& [adapter, metric] : metrics)
    if (!seen.emplace(adapter, bare_name(metric)).second)
      return std::string{adapter} + "." + std::string{bare_name(metric)};
  return std::nullopt;
}

void copy_nested(wire::Snapshot::Reader source, const std::vector<placed_metric>& metrics,
                 wire::Snapshot::Builder out) {
  write_metrics(metrics, out);
  auto nested = source.getBenchmarks();
  auto adapters = out.initAdapters(nested.size());
  for (uint32_t i = 0; i < nested.size(); ++i) {
    adapters[i].setName(nested[i].getName());
    bool failed = nested[i].getError().size() > 0;
    adapters[i].setStatus(failed                   ? wire::AdapterStatus::ERROR
                          : nested[i].getSkipped() ? wire::AdapterStatus::SKIPPED
                                                   : wire::AdapterStatus::OK);
    adapters[i].setReason(failed ? nested[i].getError() : nested[i].getReason());
    adapters[i].setDurationS(nested[i].getDurationS());
    adapters[i].setTier(nested[i].getTier());
  }
}

/// A number of a metric's rules that is out of its range, and of which metric; NaN is a number that is not given.
std::optional<std::string> find_rule_fault(wire::Metric::Reader metric) {
  constexpr double max_margin = .95; // as in the schema
  auto is_bad_size = [](double value) { return std::isinf(value) || value < 0; };
  auto of = [&](const char* what, const char* how) {
    return std::string{what} + " of " + std::string{as_view(metric.getName())} + " that is " + how;
  };
  if (is_bad_size(metric.getAbsoluteMargin()))
    return of("an absolute margin", "negative or not finite");
  if (std::isinf(metric.getFloor()))
    return of("a floor", "not finite");
  if (metric.getMargin() < 0 || metric.getMargin() > max_margin)
    return of("a margin", "not within 0 and 0.95");
  if (is_bad_size(metric.getResolution()))
    return of("a resolution", "negative or not finite");
  return std::nullopt;
}

/// Says which field a metric needs equal that no environment has.
std::optional<std::string> find_unknown_field(wire::Metric::Reader metric) {
  for (auto field : metric.getSameEnvironment())
    if (!analysis::find_environment_field(as_view(field)))
      return "metric '" + std::string{as_view(metric.getName())} + "' needs an equal '" + std::string{as_view(field)} +
             "', which is no field of an environment: there are " + analysis::environment_field_names();
  return std::nullopt;
}

/// Copies the parts that both forms share.
void copy_head(wire::Snapshot::Reader source, int64_t now_unix_micros, wire::Snapshot::Builder out) {
  out.setVersion(source.getVersion());
  out.setGitSha(source.getGitSha());
  out.setCapturedAt(source.getCapturedAt() != 0 ? source.getCapturedAt() : now_unix_micros);
  out.setTier(source.getTier());
  out.setNode(source.getNode());
  if (source.hasEnvironment())
    out.setEnvironment(source.getEnvironment());
  out.setImported(true);
}

} // namespace

std::optional<std::string> find_fault(wire::Measurement::Reader measured) {
  std::set<std::string_view> names;
  for (auto metric : measured.getMetrics()) {
    auto name = as_view(metric.getName());
    if (name.empty())
      return "reported a metric without a name";
    if (!names.insert(name).second)
      return "reported the metric " + std::string{name} + " twice";
    if (!std::isfinite(metric.getValue()))
      return "reported a value of " + std::string{name} + " that is not finite";
    if (auto why = find_rule_fault(metric))
      return "reported " + *why;
    for (double sample : metric.getSamples())
      if (!std::isfinite(sample))
        return "reported a sample of " + std::string{name} + " that is not finite";
    if (auto why = find_disagreement(metric))
      return "disagrees with itself: " + *why;
    if (auto why = find_unknown_field(metric))
      return "cannot be compared: " + *why;
  }
  return std::nullopt;
}

msg<wire::Snapshot> build_snapshot(const capture_facts& facts, const std::vector<adapter_outcome>& outcomes) {
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    out.setVersion(facts.version);
    out.setGitSha(facts.git_sha);
    out.setCapturedAt(facts.captured_at_unix_micros);
    out.setTier(facts.tier);
    out.setNode(facts.node);
    out.setEnvironment(*facts.environment);
    std::vector<placed_metric> metrics;
    auto adapters = out.initAdapters(static_cast<uint32_t>(outcomes.size()));
    for (uint32_t i = 0; i < outcomes.size(); ++i) {
      write_outcome(outcomes[i], adapters[i]);
      for (auto metric : outcomes[i].measurement->getMetrics())
        metrics.push_back({outcomes[i].name, metric});
    }
    write_metrics(metrics, out);
    for (auto metric : out.getMetrics())
      add_builtin_rules(metric);
    out.setAdapterErrors(count_errors(out.asReader()));
  });
}

caf::expected<msg<wire::Snapshot>> normalise_import(const msg<wire::ImportSnapshot>& import, int64_t now_unix_micros) {
  auto source = import->getSnapshot();
  auto version = std::string{as_view(import->getVersion())};
  if (as_view(source.getVersion()) != version)
    return fail(ec::invalid, "/version is " + std::string{as_view(source.getVersion())} + " in the snapshot and " +
                               version + " in the path");
  bool nested = source.hasBenchmarks();
  if (nested && (source.getMetrics().size() > 0 || source.getAdapters().size() > 0))
    return fail(ec::invalid, "/benchmarks is the nested form and cannot stand beside metrics and adapters");
  std::vector<placed_metric> metrics;
  for (auto adapter : source.getBenchmarks())
    for (auto metric : adapter.getMetrics())
      metrics.push_back({as_view(adapter.getName()), metric});
  for (auto metric : source.getMetrics())
    metrics.push_back({as_view(metric.getAdapter()), metric});
  if (auto twice = find_double(metrics))
    return fail(ec::invalid, "the snapshot holds the metric " + *twice + " twice");
  for (const auto& placed : metrics)
    for (const auto& why : {find_disagreement(placed.metric), find_unknown_field(placed.metric)})
      if (why)
        return fail(ec::invalid, "/metrics: " + *why);
  return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
    copy_head(source, now_unix_micros, out);
    if (nested) {
      copy_nested(source, metrics, out);
    } else {
      out.setMetrics(source.getMetrics());
      out.setAdapters(source.getAdapters());
    }
    out.setAdapterErrors(count_errors(out.asReader()));
  });
}

msg<wire::Snapshot> with_capture_id(const msg<wire::Snapshot>& snapshot, uint64_t id) {
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(*snapshot);
  scratch.getRoot<wire::Snapshot>().setCaptureId(id);
  return msg<wire::Snapshot>::adopt(scratch);
}

} // namespace hive
