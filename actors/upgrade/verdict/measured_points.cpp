#include "actors/upgrade/verdict/measured_points.hpp"

#include <limits>
#include <numeric>
#include <span>

namespace hive {
namespace {

double mean_of(std::span<const double> values) {
  if (values.empty())
    return std::numeric_limits<double>::quiet_NaN();
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

analysis::metric_point point_of(const paired_samples& samples, const std::vector<double>& values,
                                configured_rules rules) {
  auto out = to_point(*samples.as_first, rules);
  out.value = mean_of(values);
  out.samples = values;
  out.paired = true;
  out.left_out = samples.left_out;
  return out;
}

} // namespace

std::vector<analysis::metric_point> points_of(const measured_versions& measured, wire::RunSide side,
                                              configured_rules rules) {
  std::vector<analysis::metric_point> out;
  for (const auto& [name, samples] : measured.metrics())
    if (auto values = samples.by_side.find(side); values != samples.by_side.end())
      out.push_back(point_of(samples, values->second, rules));
  return out;
}

} // namespace hive
