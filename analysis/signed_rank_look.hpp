#pragma once

#include "analysis/group_sequential.hpp"
#include "analysis/verdict.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace hive::analysis {

/// One-sided levels of the last look, where a change that is surely there and very likely above the margin is a
/// regression: that it is there at all, and that it is above the margin.
inline constexpr double last_look_level = 0.005;
inline constexpr double last_look_margin_level = 0.20;
/// Changes are clipped to so many scaled median absolute deviations before their autocorrelation is taken.
inline constexpr double change_clip = 2.5;

/// What the changes of the pairs so far say. Positive changes are for the worse.
struct look_result {
  uint32_t number = 0; ///< of the look in its plan, from 1
  uint32_t pairs = 0;
  double level = 0;     ///< one-sided, of each bound
  double rho = 0;       ///< autocorrelation used
  double inflation = 1; ///< of the variance by it: v
  double estimate = 0;  ///< median of the Walsh averages
  double lower = 0;     ///< -infinity when the pairs are too few for the level
  double upper = 0;     ///< infinity likewise
  // One-sided p-values, in the light of `inflation`.
  double p_safe = 1;      ///< of a change of at least the margin
  double p_regressed = 1; ///< of a change of at most the margin
  double p_better = 1;    ///< of no change for the better
  double p_worse = 1;     ///< of no change for the worse
  verdict decided = verdict::inconclusive;
  bool by_last_look = false; ///< regressed by the rule of the last look alone
  /// About how many pairs in all would settle it, if the changes go on as they are: `pairs_that_settle` with the
  /// distance of the estimate from the margin.
  std::optional<uint32_t> pairs_needed;
};

/// How the changes of pairs scatter, as the gate sees it.
struct change_noise {
  double rho = 0;       ///< autocorrelation used, of the changes clipped to `change_clip`
  double inflation = 1; ///< of the variance by it: v
  double deviation = 0; ///< scaled median absolute deviation: s
};

/// The noise of at least two finite changes.
change_noise noise_of(std::span<const double> changes);

/// About how many pairs show that a change is on its side of a margin that is `distance` away:
/// v·1.05·s²·(2.6/distance)². Nothing when there is no distance, or for more than a million.
std::optional<uint32_t> pairs_that_settle(const change_noise& noise, double distance);

/// The distance that `pairs` pairs are enough for by the same formula.
double distance_settled_by(const change_noise& noise, uint32_t pairs);

/// The level that gives a bound of rank statistics the chance `level` of being wrong, when autocorrelation inflates the
/// variance: Φ(√v·Φ⁻¹(level)).
double inflated_level(double level, double inflation);

/// Judges the changes at the look `number` of a plan, from 1. With c the largest with P(W ≤ c) ≤ `inflated_level` in
/// the signed-rank distribution, and N Walsh averages of the changes in ascending order, the upper bound is entry N − c
/// and the lower one c + 1. Safe when the upper bound is below `margin`; regressed when the lower one, at the level
/// divided by `metrics`, is above it. At the last look also when the lower bound at `last_look_level` / `metrics` is
/// above 0 and the one at `last_look_margin_level` / `metrics` is above `margin`.
///
/// As many changes as the look has pairs, all finite. The margin is on their scale. Takes about 30 µs for 30 pairs.
look_result judge_look(std::span<const double> changes, double margin, look_plan plan, uint32_t number,
                       uint32_t metrics);

} // namespace hive::analysis
