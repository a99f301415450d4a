#pragma once

#include "analysis/verdict.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace hive::analysis {

/// Result of the Mann–Kendall test: whether later values tend to be larger (positive) or smaller.
struct mann_kendall_result {
  int64_t s = 0;       ///< pairs that rise minus pairs that fall
  double variance = 0; ///< of s if there is no trend, corrected for ties
  double z = 0;
  double p = 1; ///< two-sided, by the normal approximation
};

/// Mann–Kendall test of values in the order of time (H. B. Mann, "Nonparametric tests against trend", 1945; M. G.
/// Kendall, "Rank Correlation Methods"), with continuity correction and without one for autocorrelation. Nothing for
/// fewer than two values. Values must not be NaN. Takes time O(n log n).
std::optional<mann_kendall_result> mann_kendall(std::span<const double> values);

/// A line through values at x = 0, 1, 2, … that outliers hardly move.
struct theil_sen_result {
  double slope = 0; ///< change per step: the median of the slopes of all pairs
  double intercept = 0;
  double lower = 0; ///< of the slope's interval
  double upper = 0;
};

/// Theil–Sen line with the interval of its slope at `confidence`, in (0, 1) (P. K. Sen, "Estimates of the regression
/// coefficient based on Kendall's tau", 1968). Nothing for fewer than two values. Values must be finite. Takes time
/// O(n² log n) and memory O(n²).
std::optional<theil_sen_result> theil_sen(std::span<const double> values, double confidence);

/// The slope of `theil_sen` alone. 0 for fewer than two values. Takes time O(n²), and as a rule memory for a tenth of
/// the slopes.
double theil_sen_slope(std::span<const double> values);

enum class trend : uint8_t { stable, improving, declining };

/// Fewest snapshots that are judged by a test. With fewer, the first is compared with the last.
inline constexpr size_t min_trend_values = 10;
/// Most snapshots that are judged, the newest ones: 500 have 125,000 pairs, which take milliseconds.
inline constexpr size_t max_trend_values = 500;
/// Two-sided level of the trend test. Not 5%: neighbouring snapshots share runs, so their values are alike and the
/// test, which takes them for independent, sees trends too easily.
inline constexpr double trend_level = 0.01;
/// Confidence of the slope's interval.
inline constexpr double slope_confidence = 0.95;

struct trend_result {
  trend judged = trend::stable;
  mann_kendall_result test;
  theil_sen_result line;
  double change = 0; ///< along the line from the first value to the last, in the unit of the values
};

/// The trend of one figure over the snapshots of an agent, oldest first: improving or declining if the Mann–Kendall p
/// is at most `trend_level` and the Theil–Sen slope is not zero. Nothing for fewer than `min_trend_values`. Of more
/// than `max_trend_values` the newest count. Values must be finite.
std::optional<trend_result> judge_trend(std::span<const double> values, direction better);

} // namespace hive::analysis
