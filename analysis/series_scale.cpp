#include "analysis/series_scale.hpp"

#include "analysis/moments.hpp"
#include "analysis/robust.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace hive::analysis {

double noise_scale(std::span<const double> values) {
  if (values.size() < 2)
    return 1;
  double largest = std::abs(values.front());
  std::vector<double> differences;
  differences.reserve(values.size() - 1);
  for (size_t i = 1; i < values.size(); ++i) {
    differences.push_back(std::abs(values[i] - values[i - 1]));
    largest = std::max(largest, std::abs(values[i]));
  }
  double scale = mad_to_deviation * median(differences) / std::numbers::sqrt2;
  if (scale == 0)
    scale = root_mean_square(differences) / std::numbers::sqrt2;
  return scale == 0 ? 1 : std::max(scale, least_relative_scale * largest);
}

std::vector<double> running_median(std::span<const double> values) {
  const auto size = std::min(running_median_values, values.size());
  const auto last_begin = values.size() - size;
  std::vector<double> out;
  out.reserve(values.size());
  std::array<double, running_median_values> window;
  for (size_t i = 0; i < values.size(); ++i) {
    auto begin = std::min(i - std::min(i, running_median_values / 2), last_begin);
    auto end = std::copy_n(values.begin() + static_cast<ptrdiff_t>(begin), size, window.begin());
    std::sort(window.begin(), end);
    out.push_back(median_of_sorted({window.begin(), end}));
  }
  return out;
}

clipped_series clip_series(std::span<const double> values) {
  clipped_series out{noise_scale(values), running_median(values), {values.begin(), values.end()}};
  double reach = clip_scales * out.scale;
  for (size_t i = 0; i < values.size(); ++i)
    out.values[i] = std::clamp(values[i], out.centre[i] - reach, out.centre[i] + reach);
  return out;
}

} // namespace hive::analysis
