#pragma once

#include "analysis/segments.hpp"
#include "analysis/series_scale.hpp"

#include <optional>
#include <span>

namespace hive::analysis {

/// Two-sided level of the test for drift.
inline constexpr double drift_level = 1e-3;

/// A line along which a series moves. Its slope and place are those of `theil_sen`.
struct drift_line {
  double slope = 0;     ///< per value
  double first = 0;     ///< the line at the first value of the series
  double last = 0;      ///< and at the last
  double total = 0;     ///< last − first
  double relative = 0;  ///< total / |first|; infinite when `first` is 0
  double p = 1;         ///< two-sided, Mann–Kendall, its variance inflated by the autocorrelation about the line
  double deviation = 0; ///< standard deviation of the values about the line, without outliers
  double autocorrelation = 0; ///< of the residuals about the line, as in `pooled_autocorrelation`
};

/// The drift of a series, if a line says more about it than the segments that begin at 0 and at `starts`:
/// - its Bayesian information criterion n·ln(RSS/n) + 2·ln n is below that of the segments with
///   (2·changes + 1)·ln n (G. Schwarz, "Estimating the dimension of a model", 1978), both by least squares on the
///   clipped values;
/// - the Mann–Kendall test of the values has p < `drift_level`, with the variance of S multiplied by
///   (1 + ρ)/(1 − ρ), ρ the autocorrelation of the clipped values about their least-squares line;
/// - the whole change along the line is at least `floor`, relative to its beginning.
/// Nothing otherwise, and for fewer than three values. `clipped` is `clip_series(values)`. Takes time O(n²) and memory
/// O(n²) where there is drift.
std::optional<drift_line> find_drift(std::span<const double> values, const clipped_series& clipped,
                                     std::span<const size_t> starts, double floor);

} // namespace hive::analysis
