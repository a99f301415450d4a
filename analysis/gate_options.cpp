#include "analysis/gate_options.hpp"

#include <cmath>

namespace hive::analysis {

std::optional<std::string_view> problem_of(const gate_options& options) {
  if (!(options.margin >= 0 && options.margin < 1))
    return "the margin is not in [0, 1)";
  bool has_absolute = !std::isnan(options.absolute_margin);
  if (has_absolute && !(options.absolute_margin >= 0 && std::isfinite(options.absolute_margin)))
    return "the absolute margin is negative or infinite";
  if (!(options.resolution >= 0 && std::isfinite(options.resolution)))
    return "the resolution is negative or not finite";
  if (options.critical_metrics == 0)
    return "no metric is critical";
  return std::nullopt;
}

std::string_view name_of(gate_reason reason) {
  switch (reason) {
  case gate_reason::upper_bound_below_margin:
    return "upper_bound_below_margin";
  case gate_reason::lower_bound_above_margin:
    return "lower_bound_above_margin";
  case gate_reason::worse_at_last_look:
    return "worse_at_last_look";
  case gate_reason::more_spikes:
    return "more_spikes";
  case gate_reason::more_items_fail:
    return "more_items_fail";
  case gate_reason::too_few_values:
    return "too_few_values";
  case gate_reason::bounds_span_margin:
    return "bounds_span_margin";
  case gate_reason::mean_beyond_margin:
    return "mean_beyond_margin";
  case gate_reason::spikes_suspected:
    return "spikes_suspected";
  case gate_reason::looks_used_up:
    return "looks_used_up";
  case gate_reason::no_absolute_margin:
    return "no_absolute_margin";
  case gate_reason::coarse_resolution:
    return "coarse_resolution";
  case gate_reason::items_needed:
    return "items_needed";
  case gate_reason::not_finite:
    return "not_finite";
  case gate_reason::uneven_sides:
    return "uneven_sides";
  case gate_reason::bad_options:
    return "bad_options";
  }
  return "bad_options";
}

} // namespace hive::analysis
