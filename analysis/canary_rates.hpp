#pragma once

#include "analysis/block_rates.hpp"
#include "analysis/canary_stage.hpp"
#include "analysis/verdict.hpp"

#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace hive::analysis {

/// A look at the counts of a stage, at which a share of failures may be judged.
struct canary_look {
  uint32_t percent = 0;       ///< of the stage's duration; the end of the block in which it lies
  double regressed_level = 0; ///< one-sided
  double safe_level = 0;      ///< one-sided; 0: too early
};

/// One-sided chance that a version that is not worse is called regressed at any look. Half of it is spent within the
/// duration, in proportion to the square of the time (K. Kim and D. L. DeMets, "Design and analysis of group sequential
/// tests based on the type I error spending rate function", 1987); the rest until twice the duration, in proportion to
/// the time.
inline constexpr double canary_regressed_level = 0.009;
/// Share of it that is spent up to each look.
inline constexpr std::array<double, 6> canary_spent{1. / 32, 4. / 32, 9. / 32, .5, .75, 1};
/// One-sided chance that a version that is worse by the margin is called safe at any look, in proportion to the time.
inline constexpr double canary_safe_level = 0.05;

// The levels are those of `spending_levels`; written down, so that no integration is part of a verdict.
inline constexpr std::array<canary_look, 6> canary_looks{{{25, .000281, 0},
                                                          {50, .000913, 0},
                                                          {75, .001790, 0},
                                                          {100, .002951, .025000},
                                                          {150, .003444, .023682},
                                                          {200, .004059, .028211}}};

/// One-sided level at which a regressed version must be worse by more than the margin.
inline constexpr double beyond_margin_level = 0.1;

/// Blocks of which the noise from block to block can be told.
inline constexpr uint32_t least_compared_blocks = 3;

/// Numbers of a look.
struct canary_rates {
  uint32_t until_block = 0; ///< blocks of the stage that it takes in
  block_rates rates;
  double difference = 0;      ///< of the shares, above 0 when canaries fail more often
  interval range = {-1, 1};   ///< of the difference, at 95%, two-sided
  double p_worse = 1;         ///< of the hypothesis that canaries do not fail more often
  double p_beyond_margin = 1; ///< of the hypothesis that they fail more often by at most the margin
  double p_within_margin = 1; ///< of the hypothesis that they fail more often by at least the margin
  double regressed_level = 0; ///< of the look, shared among the stage's shares
  double safe_level = 0;
  std::optional<uint64_t> canary_trials_needed; ///< estimated, in all, if the difference is below the margin
};

struct rate_judgement {
  verdict decided = verdict::inconclusive;
  std::string reason;
  std::optional<canary_rates> at; ///< the look that decided, or the last one that had enough traffic
};

/// How far the stage is.
struct stage_progress {
  uint32_t duration_blocks = 0; ///< at least 1
  uint32_t observed_blocks = 0;
  uint32_t shares = 1; ///< that are judged in the stage, at least 1: each may be called regressed
  double most_control_failures = 1;
};

/// What is missing of the first so many blocks, for a share to be safe; empty: nothing.
using missing_until = std::function<std::string(uint32_t blocks)>;

/// Judges whether canaries fail more often than the controls in the same blocks (see `compare_blocks`), by a
/// group-sequential test of no inferiority that looks at `canary_looks`; the first look that is not inconclusive
/// decides, and later blocks do not change it. So the judge may ask at any time.
///
/// Regressed: surely worse, p_worse at most the look's level divided by `shares`, and very likely by more than the
/// margin, p_beyond_margin at most `beyond_margin_level`. Safe, from the end of the duration on: p_within_margin at
/// most the look's level, and nothing is missing. Inconclusive otherwise, as with less traffic than the rule's on
/// either side, no control, fewer than `least_compared_blocks`. Series have at least `observed_blocks` blocks. `things`
/// names what is counted, for the reason: "tasks".
rate_judgement judge_rate(std::span<const block_series> nodes, const rate_rule& rule, const stage_progress& progress,
                          const missing_until& missing, std::string_view things);

} // namespace hive::analysis
