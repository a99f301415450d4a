#include "analysis/series_labels.hpp"

#include "analysis/pooled_t.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {
namespace {

std::vector<double> distances_from_median(std::span<const double> values) {
  double centre = median(values);
  std::vector<double> out;
  for (double each : values)
    out.push_back(std::abs(each - centre));
  return out;
}

} // namespace

std::vector<spike> find_spikes(std::span<const double> values, const clipped_series& clipped,
                               std::span<const double> expected) {
  auto is_clipped = [&](size_t i) { return i < values.size() && clipped.values[i] != values[i]; };
  std::vector<spike> out;
  for (size_t i = 0; i < values.size(); ++i)
    if (is_clipped(i) && !is_clipped(i - 1) && !is_clipped(i + 1) &&
        std::abs(values[i] - expected[i]) > clip_scales * clipped.scale)
      out.push_back({i, values[i], expected[i]});
  return out;
}

std::vector<variance_change> find_variance_changes(std::span<const double> values, std::span<const segment> segments,
                                                   double rho, double level) {
  std::vector<variance_change> out;
  for (size_t i = 1; i < segments.size(); ++i) {
    const auto &left = segments[i - 1], &right = segments[i];
    auto [smaller, larger] = std::minmax(left.deviation, right.deviation);
    if (larger < least_deviation_ratio * smaller || larger == 0)
      continue;
    auto test = pooled_robust_t(distances_from_median(values.subspan(left.begin, left.size())),
                                distances_from_median(values.subspan(right.begin, right.size())), rho);
    if (test->p <= level)
      out.push_back({right.begin, left.deviation, right.deviation, test->p});
  }
  return out;
}

} // namespace hive::analysis
