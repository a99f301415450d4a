#include "analysis/gate_scale.hpp"

#include "analysis/elementary.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

bool are_positive(std::span<const double> values) {
  return std::ranges::all_of(values, [](double each) { return each > 0; });
}

/// ln(a/b). Of very different values, whose ratio would lose digits or be infinite, the difference of the logarithms.
double log_ratio(double a, double b) {
  double ratio = a / b;
  return std::isnormal(ratio) ? natural_log(ratio) : natural_log(a) - natural_log(b);
}

double relative_margin(const gate_options& options) {
  return options.better == direction::lower ? natural_log(1 + options.margin) : -natural_log(1 - options.margin);
}

} // namespace

double resolution_of(const gate_options& options) {
  return options.kind == metric_kind::count ? std::max(options.resolution, 1.0) : options.resolution;
}

std::variant<gate_scale, gate_reason> scale_for(std::span<const double> old_values, std::span<const double> new_values,
                                                const gate_options& options) {
  double resolution = resolution_of(options);
  if (are_positive(old_values) && are_positive(new_values)) {
    if (resolution > options.margin * median(old_values))
      return gate_reason::coarse_resolution;
    return gate_scale{false, options.better, relative_margin(options)};
  }
  if (std::isnan(options.absolute_margin))
    return gate_reason::no_absolute_margin;
  if (resolution > options.absolute_margin)
    return gate_reason::coarse_resolution;
  return gate_scale{true, options.better, options.absolute_margin};
}

std::vector<double> changes_of(std::span<const double> old_values, std::span<const double> new_values,
                               const gate_scale& scale) {
  auto [from, to] =
    scale.better == direction::lower ? std::pair{old_values, new_values} : std::pair{new_values, old_values};
  std::vector<double> out(from.size());
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = scale.by_difference ? to[i] - from[i] : log_ratio(to[i], from[i]);
  return out;
}

std::vector<double> on_scale(std::span<const double> values, const gate_scale& scale) {
  std::vector<double> out;
  out.reserve(values.size());
  for (double each : values) {
    double mapped = scale.by_difference ? each : natural_log(each);
    out.push_back(scale.better == direction::lower ? mapped : -mapped);
  }
  return out;
}

double readable_change(double change, const gate_scale& scale) {
  double upwards = scale.better == direction::lower ? change : -change;
  return scale.by_difference ? upwards : exponential(upwards) - 1;
}

bool are_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double each) { return std::isfinite(each); });
}

} // namespace hive::analysis
