#include "analysis/sequential_gate.hpp"

#include <algorithm>

namespace hive::analysis {
namespace {

/// Why the input cannot be judged at all, whatever is measured next.
std::optional<gate_reason> fault_of(std::span<const double> old_values, std::span<const double> new_values,
                                    const gate_options& options) {
  if (problem_of(options))
    return gate_reason::bad_options;
  if (options.kind == metric_kind::ratio)
    return gate_reason::items_needed;
  if (old_values.size() != new_values.size())
    return gate_reason::uneven_sides;
  if (!are_finite(old_values) || !are_finite(new_values))
    return gate_reason::not_finite;
  return std::nullopt;
}

void decide(gate_result& out, verdict decided, gate_reason reason) {
  out.decided = decided;
  out.reason = reason;
}

/// The verdict of the bounds alone.
void decide_by_bounds(gate_result& out, const look_result& at) {
  if (at.decided == verdict::safe)
    decide(out, verdict::safe, gate_reason::upper_bound_below_margin);
  else if (at.decided == verdict::regressed)
    decide(out, verdict::regressed,
           at.by_last_look ? gate_reason::worse_at_last_look : gate_reason::lower_bound_above_margin);
  else
    decide(out, verdict::inconclusive, gate_reason::bounds_span_margin);
}

/// What the tail guard changes about it.
void decide_by_tail(gate_result& out) {
  if (out.decided == verdict::regressed)
    return;
  if (out.tail.finding == tail_finding::more_spikes)
    decide(out, verdict::regressed, gate_reason::more_spikes);
  else if (out.decided == verdict::safe && out.tail.finding != tail_finding::none)
    decide(out, verdict::inconclusive,
           out.tail.finding == tail_finding::mean_beyond_margin ? gate_reason::mean_beyond_margin
                                                                : gate_reason::spikes_suspected);
}

/// Judges the look at the end of these pairs.
void take_look(gate_result& out, std::span<const double> old_values, std::span<const double> new_values,
               const gate_options& options, uint32_t number) {
  out.pairs_used = static_cast<uint32_t>(old_values.size());
  auto scale = scale_for(old_values, new_values, options);
  if (auto* reason = std::get_if<gate_reason>(&scale))
    return decide(out, verdict::inconclusive, *reason);
  out.scale = std::get<gate_scale>(scale);
  auto changes = changes_of(old_values, new_values, out.scale);
  if (!are_finite(changes))
    return decide(out, verdict::inconclusive, gate_reason::not_finite);
  out.looks.push_back(judge_look(changes, out.scale.margin, options.plan, number, options.critical_metrics));
  decide_by_bounds(out, out.looks.back());
  if (!options.guards_tail)
    return;
  double level = out.looks.back().level / options.critical_metrics;
  out.tail = compare_tails(old_values, new_values, out.scale, options.margin, level);
  decide_by_tail(out);
}

/// The pairs of the look at which a verdict is to be expected, less those used.
std::optional<uint32_t> still_needed(const gate_result& at, std::span<const look> looks) {
  auto expected = at.looks.empty() ? std::optional<uint32_t>{0} : at.looks.back().pairs_needed;
  if (!expected)
    return std::nullopt;
  for (const auto& each : looks)
    if (each.pairs > at.pairs_used && each.pairs >= *expected)
      return each.pairs - at.pairs_used;
  return *expected > at.pairs_used ? std::optional{*expected - at.pairs_used} : std::nullopt;
}

/// Whether a metric whose values cannot be judged on any scale is told so before its first look.
void explain_early(gate_result& out, std::span<const double> old_values, std::span<const double> new_values,
                   const gate_options& options) {
  if (old_values.empty())
    return;
  auto scale = scale_for(old_values, new_values, options);
  if (auto* reason = std::get_if<gate_reason>(&scale))
    out.reason = *reason;
}

} // namespace

gate_result judge_pairs(std::span<const double> old_values, std::span<const double> new_values,
                        const gate_options& options) {
  gate_result out;
  if (auto fault = fault_of(old_values, new_values, options)) {
    out.reason = *fault;
    return out;
  }
  auto looks = looks_of(options.plan);
  uint32_t number = 0;
  for (; number < looks.size() && looks[number].pairs <= old_values.size(); ++number) {
    auto pairs = looks[number].pairs;
    take_look(out, old_values.first(pairs), new_values.first(pairs), options, number + 1);
    if (out.decided != verdict::inconclusive)
      return out;
  }
  if (number == 0)
    explain_early(out, old_values, new_values, options);
  bool is_over = number == looks.size();
  if (is_over && out.reason == gate_reason::bounds_span_margin)
    out.reason = gate_reason::looks_used_up;
  if (out.reason <= gate_reason::spikes_suspected || out.reason == gate_reason::looks_used_up)
    out.pairs_still_needed = still_needed(out, looks);
  return out;
}

} // namespace hive::analysis
