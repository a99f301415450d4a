#include "analysis/metric_judgement.hpp"

#include "analysis/sequential_gate.hpp"
#include "analysis/unpaired_gate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

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
  out.p_worse = look.p_worse;
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

/// Moves the values down to zero and below, which leaves their differences as they are.
void judge_by_differences(gate_input& out) {
  double highest = 0;
  for (auto values : {out.metric.old_values, out.metric.new_values})
    for (double value : values)
      highest = std::max(highest, value);
  auto moved = [highest](std::span<const double> values) {
    std::vector<double> to(values.begin(), values.end());
    for (double& value : to)
      value -= highest;
    return to;
  };
  out.old_values = moved(out.metric.old_values);
  out.new_values = moved(out.metric.new_values);
  out.metric.old_values = out.old_values;
  out.metric.new_values = out.new_values;
}

} // namespace

gate_input input_of(const judged_metric& metric) {
  gate_input out{metric, {}, {}};
  auto& options = out.metric.options;
  if (options.kind == metric_kind::ratio)
    options.kind = metric_kind::continuous;
  if (options.kind == metric_kind::count && options.absolute_margin >= 0)
    judge_by_differences(out);
  if (options.absolute_margin == 0) { // a bound of 0 is then below it, and no step of the values is too coarse
    options.absolute_margin = std::numeric_limits<double>::denorm_min();
    options.kind = metric_kind::continuous;
    options.resolution = 0;
  }
  return out;
}

metric_judgement judge_metric(const judged_metric& given) {
  auto input = input_of(given);
  const auto& metric = input.metric;
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
  out.margin = out.absolute ? given.options.absolute_margin : given.options.margin;
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
