#pragma once

#include "analysis/change_points.hpp"

#include <optional>

namespace hive::analysis {

/// A new value beside the history of its metric.
struct point_judgement {
  size_t values = 0;     ///< of the history that count: those of the current segment
  double expected = 0;   ///< the level of that segment, or the next point of the line where there is drift
  double difference = 0; ///< value − expected
  double relative = 0;   ///< difference / |expected|; infinite when `expected` is 0
  double t = 0;          ///< difference in standard errors of the prediction; infinite where there is no noise
  double df = 2;
  double p = 1;            ///< two-sided, of a difference as large as this if nothing changed
  bool stands_out = false; ///< p ≤ `change_level`, and the magnitude is at least the floor
};

/// Judges a value that comes next. Only the current segment counts: what the metric was like before its last change
/// says nothing about it. t = (value − expected)/(s·√(1 + v·h)), with the deviation s of the segment's n values, v = (1
/// + ρ)/(1 − ρ) for their autocorrelation ρ, h = 1/n and df = max(2, n/v − 1); about a line h = 1/n + 3(n + 1)/(n(n −
/// 1)), the leverage of the next point, and df = max(2, n/v − 2).
///
/// This takes the noise for normal: where spikes are common, p says how common spikes are at most. One value that
/// stands out is no change; that takes `least_segment_values`. Nothing when the current segment has fewer than
/// `least_segment_values` or the value is not finite.
std::optional<point_judgement> judge_point(const history_changes& history, double value,
                                           const change_options& options = {});

} // namespace hive::analysis
