#pragma once

#include "analysis/metric_judgement.hpp"
#include "analysis/wilson.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

// What the gate would do with a metric when nothing changed, from pairs of a version with itself.

/// Margins, as shares of the old value, that are tried for a metric whose values are positive.
inline constexpr std::array calibrated_margins{.01, .02, .03, .05, .10, .20};
/// Fewer pairs have no rates: in a block bootstrap they would be a handful of blocks.
inline constexpr uint32_t min_calibration_pairs = 16;
/// 2,000 comparisons leave a rate of false blocks of .5% uncertain by .3% (Wilson, 95%).
inline constexpr uint32_t default_resamples = 2'000;
inline constexpr uint32_t max_resamples = 10'000;
/// A margin is suggested when at least this share of the drawn comparisons are safe, which is the power of the gate to
/// let an unchanged version pass within the pairs of the plan,
inline constexpr double suggested_safe_share = .95;
/// and at most this share are blocked.
inline constexpr double suggested_block_share = .005;

struct calibration_options {
  uint32_t resamples = default_resamples; ///< comparisons that are drawn for a margin, 1 to `max_resamples`
  uint64_t seed = 1;                      ///< the same one gives the same result with every compiler
};

/// How the comparisons that were drawn ended.
struct margin_outcomes {
  uint32_t resamples = 0;
  uint32_t safe = 0;
  uint32_t blocked = 0; ///< regressed, although nothing changed
  uint32_t undecided = 0;

  double share(uint32_t count) const {
    return static_cast<double>(count) / resamples;
  }
  /// Of the share of blocked ones, at 95%. It allows for the number of comparisons, not for that of the pairs.
  interval blocked_range() const {
    return wilson_interval(blocked, resamples, z_95);
  }
};

struct calibrated_margin {
  double margin = no_margin;
  /// Pairs at the look at which safe is to be expected, by `pairs_that_settle` without a change, of the plan or else of
  /// the long form. Nothing when the long form has too few, or with a fault.
  std::optional<uint32_t> pairs_needed;
  std::optional<gate_reason> fault; ///< why the gate cannot judge the values by this margin
  margin_outcomes outcomes;         ///< no resamples: none were drawn
};

/// What is missing.
enum class calibration_gap : uint8_t {
  none,
  bad_options,
  uneven_sides,
  not_finite,
  too_few_pairs, ///< for a rate
  too_noisy      ///< no margin that was tried is fit
};

struct metric_calibration {
  std::string_view adapter;
  std::string_view name;
  std::string_view unit;
  direction better = direction::higher;
  bool advisory = false;
  bool absolute = false; ///< whether noise and margins are in the metric's unit, otherwise shares of the value
  uint32_t pairs = 0;
  uint32_t left_out = 0;
  uint32_t most_pairs = 0; ///< of a drawn comparison: those of the plan's last look
  /// Scaled median absolute deviations: of the changes of the pairs, and of the values of each side. For shares those
  /// of the logarithms, which are coefficients of variation. NaN for fewer than two pairs.
  double noise = no_margin;
  double old_noise = no_margin;
  double new_noise = no_margin;
  double correlation = no_margin;         ///< lag-1, of the changes, as the gate allows for it
  double inflation = no_margin;           ///< the factor by which it multiplies the pairs that are needed
  calibrated_margin own;                  ///< the metric's present margin
  std::vector<calibrated_margin> margins; ///< that were considered, in ascending order, without outcomes
  std::optional<calibrated_margin> suggested;
  bool suggested_absolute = false; ///< whether it is an absolute margin
  calibration_gap gap = calibration_gap::none;
};

/// Calibrates a metric from pairs of a version with itself, in the order of time. Its options are those of a
/// comparison: plan, margins, resolution, number of critical metrics.
///
/// Rates are those of comparisons drawn by `block_bootstrap` with `block_length`, each with as many pairs as the plan's
/// last look and judged by `judge_metric`, as the node would. All margins are tried on the same comparisons. The
/// suggestion is the smallest margin with `suggested_safe_share` and `suggested_block_share`: of `calibrated_margins`
/// where all values are positive; otherwise, and for counts too small for any of these, an absolute one of 1, 2 and 5
/// times a power of ten, around the one for which the plan's pairs are to be expected to do. For a metric without any
/// change that is its resolution. Takes 0.3 to 1 s for a metric.
metric_calibration calibrate_metric(const judged_metric& metric, const calibration_options& options = {});

/// What is missing and why, as a sentence without its end: "12 pairs are too few for a rate, which takes 16". Empty
/// when nothing is.
std::string describe_gap(const metric_calibration& of);

/// Why a metric cannot be judged by a margin, likewise.
std::string describe_fault(gate_reason fault);

} // namespace hive::analysis
