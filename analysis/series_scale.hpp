#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hive::analysis {

// The noise of a series of measurements in the order of time, told apart from steps and drift: neither moves the
// differences of neighbours much. Values must be finite, and so small that their squares do not overflow.

/// Values of the running median: the value itself and four on each side; at the ends of the series the first or last
/// nine, so that a step needs five values there too to be left as it is.
inline constexpr size_t running_median_values = 9;
/// Scales from the running median beyond which a value is clipped.
inline constexpr double clip_scales = 3;
/// The least scale, relative to the largest value: smaller differences are rounding.
inline constexpr double least_relative_scale = 0x1p-50;

/// Standard deviation of the noise, in the unit of the values: 1.4826 · median|x_(i+1) − x_i| / √2. Where more than
/// half of the differences are 0, their root mean square / √2; where all are, 1. At least `least_relative_scale` of the
/// largest |x|. 1 for fewer than two values.
double noise_scale(std::span<const double> values);

/// The median of `running_median_values` around each value, of all if there are fewer.
std::vector<double> running_median(std::span<const double> values);

/// A series without its outliers.
struct clipped_series {
  double scale = 1;           ///< `noise_scale`
  std::vector<double> centre; ///< `running_median`
  std::vector<double> values; ///< clipped to centre ± `clip_scales` · scale
};

/// Clips what lies far from its neighbours: an outlier keeps a little weight, a step keeps its place and height.
clipped_series clip_series(std::span<const double> values);

} // namespace hive::analysis
