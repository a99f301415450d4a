#include "actors/upgrade/verdict/rules_of.hpp"

#include "messages/text.hpp"

namespace hive {
namespace {

// The analysis has no dependency on the schema; its enum mirrors the schema's, in the same order.
static_assert(static_cast<int>(analysis::metric_kind::ratio) == static_cast<int>(wire::MetricKind::RATIO));

analysis::metric_rules stated_rules(wire::Metric::Reader metric) {
  analysis::metric_rules out;
  out.gate = metric.getGate();
  out.absolute_margin = metric.getAbsoluteMargin();
  out.floor = metric.getFloor();
  out.margin = metric.getMargin();
  out.resolution = metric.getResolution();
  out.kind = static_cast<analysis::metric_kind>(metric.getKind());
  out.advisory = metric.getAdvisory();
  for (auto name : metric.getSameEnvironment())
    out.same_environment.add(
      analysis::find_environment_field(as_view(name)).value_or(analysis::environment_field::unlisted));
  return out;
}

} // namespace

analysis::metric_rules rules_of(wire::Metric::Reader metric, const analysis::metric_point& named,
                                std::span<const analysis::configured_rules> configured) {
  return analysis::effective_rules(stated_rules(metric), named.adapter, named.name, named.unit, configured);
}

} // namespace hive
