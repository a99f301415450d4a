#pragma once

#include "analysis/segments.hpp"
#include "analysis/series_scale.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace hive::analysis {

/// One value far from its neighbours and from the level of the series.
struct spike {
  size_t index = 0;
  double value = 0;
  double expected = 0; ///< the level there, or the point on the line where there is drift
};

/// The values that `clip_series` clipped, whose neighbours it did not clip, and that lie more than `clip_scales` scales
/// from `expected` too: the first value of a segment may differ from its neighbours and still be where it belongs.
/// `clipped` is `clip_series(values)`; `expected` has one value for each of the series.
std::vector<spike> find_spikes(std::span<const double> values, const clipped_series& clipped,
                               std::span<const double> expected);

/// A change of the noise from one segment to the next.
struct variance_change {
  size_t index = 0;  ///< of the first value of the segment with the other noise
  double before = 0; ///< standard deviations of the two segments, without outliers
  double after = 0;
  double p = 1; ///< two-sided
};

/// Least ratio of the larger deviation to the smaller.
inline constexpr double least_deviation_ratio = 1.5;

/// Neighbouring segments whose noise differs: `pooled_robust_t` of the absolute residuals about the segments' medians
/// has p ≤ `level` (M. B. Brown and A. B. Forsythe, "Robust tests for the equality of variances", 1974, with the pooled
/// test for their t), and the deviations differ by `least_deviation_ratio`. `rho` is the autocorrelation of the
/// residuals, which is larger than that of their absolute values.
std::vector<variance_change> find_variance_changes(std::span<const double> values, std::span<const segment> segments,
                                                   double rho, double level);

} // namespace hive::analysis
