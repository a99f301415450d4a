#pragma once

#include "analysis/block_rates.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// What is watched of the canaries of a stage.
enum class canary_criterion : uint8_t {
  success_rate, ///< tasks that fail
  error_rate,   ///< requests that end in an error
  world_model,  ///< health checks of the world model that fail
  guardrail,    ///< integrity of the guardrail
  responding,   ///< whether the nodes are heard of
  benchmarks    ///< metrics that the node's own benchmarks find worse
};

inline constexpr size_t canary_criteria = 6;

/// For reasons and configurations: "success_rate".
std::string_view name_of(canary_criterion criterion);

/// How a share of failures is judged.
struct rate_rule {
  bool is_on = true;
  /// By so much the canaries' share may be above the controls'. In (0, 1).
  double margin = 0;
  /// Neither side is judged by fewer trials. Each canary needs half of its equal part of them. At least 1.
  uint32_t least_traffic = 1;
};

struct canary_options {
  uint32_t duration_s = 0; ///< how long the stage watches its canaries, at least 1
  uint32_t block_s = 60;   ///< length of the blocks of time in which nodes count, at least 1
  rate_rule success_rate{true, 0.02, 50};
  rate_rule error_rate{true, 0.02, 50};
  rate_rule world_model{true, 0.3, 10}; ///< checks are few: this is one that fails all the time, or nearly so
  bool guardrail = true;
  bool responding = true;
  bool benchmarks = true;
  uint32_t responding_grace_s = 60; ///< a canary that is silent for so long is regressed; at least 1
  /// Share of a stage's blocks that each canary, and at least one control, must have told. In (0, 1].
  double least_coverage = 0.8;
  /// With more failures than this among the controls, nothing is safe: whatever fails for all hides what fails for
  /// canaries. In (0, 1].
  double most_control_failures = 0.5;
};

/// Most blocks of a node, so that the work of a judgement is bounded: the duration has at most half of them.
inline constexpr uint32_t most_blocks = 1'440;
inline constexpr size_t most_watched_nodes = 64;

/// What a node counted in a block. Blocks are numbered from 0, at the start of its window.
struct health_block {
  uint32_t number = 0;
  good_bad tasks = {};
  good_bad requests = {};
  good_bad world_model = {};
  good_bad guardrail = {};
};

/// What is known of a node of the stage.
struct watched_node {
  std::string node;
  bool is_canary = false;
  std::vector<health_block> blocks = {}; ///< with numbers that ascend; one that is not there was not observed
  std::optional<uint32_t> silent_s = {}; ///< since it was last heard of; nothing: not in this stage
  bool has_benchmarks = false;           ///< whether its benchmarks were judged in this stage
  std::vector<std::string> regressed_benchmarks = {};
};

/// A stage as one node, the judge, sees it.
struct stage_view {
  canary_options options;
  std::string judge;       ///< its node id: that it hears itself proves nothing
  uint32_t observed_s = 0; ///< time that it has observed, without that of restarts
  std::vector<watched_node> nodes;
};

/// Why the stage cannot be judged at all, or nothing.
std::optional<std::string> problem_of(const stage_view& view);

/// Why what the node told cannot be used, or nothing: blocks out of order or twice, numbers of `most_blocks` or more,
/// negative or too large counts.
std::optional<std::string> problem_of(const watched_node& node);

uint32_t duration_blocks(const canary_options& options);

/// Blocks that the judge has observed as a whole.
uint32_t observed_blocks(const stage_view& view);

} // namespace hive::analysis
