#include "analysis/unpaired_gate.hpp"

#include "analysis/hodges_lehmann.hpp"
#include "analysis/rank_distributions.hpp"
#include "analysis/robust.hpp"
#include "analysis/signed_rank_look.hpp"
#include "analysis/tail_guard.hpp"

#include <algorithm>
#include <limits>

namespace hive::analysis {
namespace {

/// Fewer values on a side say nothing about its autocorrelation.
constexpr size_t min_values_on_a_side = 2;

std::optional<gate_reason> fault_of_samples(std::span<const double> old_values, std::span<const double> new_values,
                                            const gate_options& options) {
  if (problem_of(options))
    return gate_reason::bad_options;
  if (options.kind == metric_kind::ratio)
    return gate_reason::items_needed;
  if (!are_finite(old_values) || !are_finite(new_values))
    return gate_reason::not_finite;
  if (std::min(old_values.size(), new_values.size()) < min_values_on_a_side)
    return gate_reason::too_few_values;
  return std::nullopt;
}

double autocorrelation_used(std::span<const double> values) {
  return autocorrelation(clip_about_median(values, change_clip))->rho_used;
}

/// Sets estimate and bounds.
void bound_shift(unpaired_result& out, std::span<const double> old_side, std::span<const double> new_side,
                 uint32_t metrics) {
  out.rho = std::max(autocorrelation_used(old_side), autocorrelation_used(new_side));
  out.inflation = variance_inflation(out.rho);
  mann_whitney_distribution u{static_cast<int64_t>(old_side.size()), static_cast<int64_t>(new_side.size())};
  pairwise_differences shifts{old_side, new_side};
  auto for_lower = u.critical(inflated_level(unpaired_level / metrics, out.inflation));
  auto for_upper = u.critical(inflated_level(unpaired_level, out.inflation));
  constexpr double infinity = std::numeric_limits<double>::infinity();
  out.estimate = shifts.median();
  out.lower = for_lower < 0 ? -infinity : shifts.at(for_lower + 1);
  out.upper = for_upper < 0 ? infinity : shifts.at(shifts.size() - for_upper);
}

} // namespace

unpaired_result judge_samples(std::span<const double> old_values, std::span<const double> new_values,
                              const gate_options& options) {
  unpaired_result out;
  auto stop = [&](gate_reason reason, verdict decided = verdict::inconclusive) {
    out.reason = reason;
    out.decided = decided;
    return out;
  };
  if (auto fault = fault_of_samples(old_values, new_values, options))
    return stop(*fault);
  auto scale = scale_for(old_values, new_values, options);
  if (auto* reason = std::get_if<gate_reason>(&scale))
    return stop(*reason);
  out.scale = std::get<gate_scale>(scale);
  bound_shift(out, on_scale(old_values, out.scale), on_scale(new_values, out.scale), options.critical_metrics);
  if (out.lower > out.scale.margin)
    return stop(gate_reason::lower_bound_above_margin, verdict::regressed);
  if (!(out.upper < out.scale.margin))
    return stop(out.upper < std::numeric_limits<double>::infinity() ? gate_reason::bounds_span_margin
                                                                    : gate_reason::too_few_values);
  if (options.guards_tail &&
      !is_within_margin(change_of_mean(old_values, new_values, out.scale), out.scale, options.margin))
    return stop(gate_reason::mean_beyond_margin);
  return stop(gate_reason::upper_bound_below_margin, verdict::safe);
}

} // namespace hive::analysis
