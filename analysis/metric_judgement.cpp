#include "analysis/metric_judgement.hpp"

#include "analysis/sequential_gate.hpp"
#include "analysis/unpaired_gate.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

double bound_or_nan(double change, const gate_scale& scale) {
  return std::isfinite(change) ? readable_change(change, scale) : no_margin;
}

/// Changes for the worse are positive on the scale, so that its bounds change places where higher is better.
void set_interval(metric_judgement& out, double estimate, double lower, double upper, const gate_scale& scale) {
  out.absolute = scale.by_difference;
  out.change = bound_or_nan(estimate, scale);
  auto one = bound_or_nan(lower, scale), other = bound_or_nan(upper, scale);
  bool turned = scale.better == direction::higher;
  out.low = turned ? other : one;
  out.high = turned ? one : other;
}

void judge_by_pairs(const judged_metric& metric, metric_judgement& out) {
  auto result = judge_pairs(metric.old_values, metric.new_values, metric.options);
  out.decided = result.decided;
  out.reason = result.reason;
  out.pairs = result.pairs_used > 0 ? result.pairs_used : static_cast<uint32_t>(metric.old_values.size());
  if (result.pairs_still_needed)
    out.pairs_needed = result.pairs_used + *result.pairs_still_needed;
  if (result.looks.empty())
    return;
  const auto& look = result.looks.back();
  set_interval(out, look.estimate, look.lower, look.upper, result.scale);
  out.p = look.p_regressed;
  out.p_better = look.p_better;
  out.correlation = look.rho;
}

void judge_by_samples(const judged_metric& metric, metric_judgement& out) {
  auto result = judge_samples(metric.old_values, metric.new_values, metric.options);
  out.decided = result.decided;
  out.reason = result.reason;
  out.pairs = static_cast<uint32_t>(std::min(metric.old_values.size(), metric.new_values.size()));
  if (result.reason == gate_reason::too_few_values || result.decided != verdict::inconclusive ||
      result.reason == gate_reason::bounds_span_margin || result.reason == gate_reason::mean_beyond_margin) {
    set_interval(out, result.estimate, result.lower, result.upper, result.scale);
    out.correlation = result.rho;
  }
}

} // namespace

metric_judgement judge_metric(const judged_metric& metric) {
  metric_judgement out;
  out.adapter = metric.adapter;
  out.name = metric.name;
  out.unit = metric.unit;
  out.better = metric.options.better;
  out.advisory = metric.advisory;
  out.basis = metric.basis;
  out.left_out = metric.left_out;
  if (metric.basis == judgement_basis::pairs)
    judge_by_pairs(metric, out);
  else
    judge_by_samples(metric, out);
  out.margin = out.absolute ? metric.options.absolute_margin : metric.options.margin;
  return out;
}

std::string describe_reason(const metric_judgement& of) {
  switch (of.reason) {
  case gate_reason::upper_bound_below_margin:
  case gate_reason::lower_bound_above_margin:
    return {};
  case gate_reason::worse_at_last_look:
    return "it is surely worse, and very likely by more than the margin";
  case gate_reason::more_spikes:
    return "the new version has more values far beyond the old median";
  case gate_reason::more_items_fail:
    return "more of its items fail";
  case gate_reason::too_few_values:
    return of.basis == judgement_basis::pairs
             ? std::to_string(of.pairs) + " pairs are too few, the first look is after " +
                 std::to_string(looks_of(look_plan::short_form).front().pairs)
             : std::to_string(of.pairs) + " samples on a side are too few";
  case gate_reason::bounds_span_margin:
    return "the interval reaches beyond the margin";
  case gate_reason::mean_beyond_margin:
    return "the middle of the values is within the margin, but their mean is not";
  case gate_reason::spikes_suspected:
    return "the new version seems to have more values far beyond the old median";
  case gate_reason::looks_used_up:
    return "all pairs that the plan has did not settle it";
  case gate_reason::no_absolute_margin:
    return "a value is zero or negative, which an absolute_margin judges, and the metric has none";
  case gate_reason::coarse_resolution:
    return "one step of its values is more than the margin";
  case gate_reason::items_needed:
    return "a share of items is judged by its items, which are not known";
  case gate_reason::not_finite:
    return "a value is no finite number";
  case gate_reason::uneven_sides:
    return "the two versions have different numbers of values";
  case gate_reason::bad_options:
    return "its margin cannot be used";
  }
  return {};
}

} // namespace hive::analysis
