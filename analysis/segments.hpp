#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hive::analysis {

/// Part of a series within which its level stays the same: the values from `begin` up to, but without, `end`.
struct segment {
  size_t begin = 0;
  size_t end = 0;
  double level = 0;     ///< median plus mean of the residuals about it, clipped as in `clipped_residuals`
  double deviation = 0; ///< standard deviation of the clipped residuals; 0 for one value

  size_t size() const {
    return end - begin;
  }
};

/// The segments that begin at 0 and at `starts`, which are ascending and in (0, n). None for an empty series. Values
/// must be finite. Takes time O(n).
std::vector<segment> fit_segments(std::span<const double> values, std::span<const size_t> starts);

/// Residuals about the median of each segment, clipped to ± `residual_clip` scales of all of them (`residual_scale`)
/// and moved to mean 0 in each segment. Values must be finite. Takes time O(n).
std::vector<double> clipped_residuals(std::span<const double> values, std::span<const size_t> starts);

/// Lag-1 autocorrelation of the clipped residuals, pooled over the segments: products of neighbours in the same
/// segment, divided by the sum of squares; corrected for the bias of as many means as there are segments
/// (`corrected_autocorrelation`). In [0, `max_autocorrelation`]; 0 when all residuals are 0.
double pooled_autocorrelation(std::span<const double> values, std::span<const size_t> starts);

} // namespace hive::analysis
