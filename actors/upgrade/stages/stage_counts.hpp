#pragma once

#include "analysis/canary_stage.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Blocks of a stage that a node tells: those of twice its duration, so that they fit its slot.
inline constexpr uint32_t most_stage_blocks = 64;
inline constexpr uint8_t most_tracks = 4;
inline constexpr size_t most_proposal_bytes = 64;
/// Regressed benchmarks of a node that are told.
inline constexpr size_t most_told_benchmarks = 32;
inline constexpr size_t most_benchmark_bytes = 128; ///< of the name of each
/// Longest stage: 30 days, as in a proposal.
inline constexpr uint32_t most_stage_s = 2'592'000;

/// Length of a stage's blocks of time: a minute; a tenth of a short stage, but at least a second; as long as needed for
/// twice the duration to have `most_stage_blocks`. 0 for a duration of 0.
uint32_t block_length(uint32_t duration_s);

/// Blocks of twice the duration, after which more time changes no judgement.
uint32_t last_block(uint32_t duration_s);

/// A count that only grows, until its owner begins another run of it.
struct running_total {
  uint64_t run = 0;
  uint64_t all = 0;
  uint64_t bad = 0;
};

/// What was counted between two answers. Nothing if one is missing, of another run or smaller than the other: then it
/// is not known.
std::optional<analysis::good_bad> between(const std::optional<running_total>& before,
                                          const std::optional<running_total>& after);

/// All that a node counts, at one time. Those that are not asked for are missing.
struct health_totals {
  std::optional<running_total> tasks = {};
  std::optional<running_total> requests = {};
  std::optional<running_total> world_model = {};
};

/// Single checks in a block; nothing: not made, or without a result.
struct health_checks {
  std::optional<bool> guardrail = {};
  std::optional<bool> world_model = {}; ///< false: its counters cannot be read
};

/// The block between two times, or nothing when a share that is on could not be counted.
std::optional<analysis::health_block> count_block(const analysis::canary_options& options, uint32_t number,
                                                  const health_totals& before, const health_totals& after,
                                                  const health_checks& checks);

/// A stage as one node observes it, and what its slot tells.
struct stage_counts {
  uint8_t track = 0;
  std::string proposal = {};
  uint8_t stage = 0;
  uint32_t block_s = 0;
  uint32_t observed_blocks = 0;
  int64_t began_at_unix_micros = 0;
  std::vector<analysis::health_block> blocks = {}; ///< numbers ascend
  bool has_benchmarks = false;
  std::vector<std::string> regressed_benchmarks = {};

  /// Whether both are about the same stage, in blocks of the same length.
  bool is_same_stage(const stage_counts& other) const {
    return track == other.track && proposal == other.proposal && stage == other.stage && block_s == other.block_s;
  }

  /// Ends a block. Nothing: time passed, but it could not be counted.
  void add(const std::optional<analysis::health_block>& block);
};

} // namespace hive
