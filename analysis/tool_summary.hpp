#pragma once

#include "analysis/hive_statistics.hpp"
#include "analysis/tool_statistics.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hive::analysis {

/// Decimals that HART OS keeps of a success rate and of a mean time in seconds.
inline constexpr int rate_decimals = 3;
inline constexpr int time_decimals = 2;

/// One line of the summary, with rounded rate and time.
struct summary_line {
  std::string task_type; ///< empty for a line over all task types
  std::string tool;
  uint64_t total = 0;
  double success_rate = 0;
  double avg_time_s = 0;
};

struct tool_summary {
  uint64_t total = 0;                     ///< records on this node
  uint64_t unlisted = 0;                  ///< the part of them that appears in no line, see `tally`
  std::vector<summary_line> by_tool;      ///< ordered by name
  std::vector<summary_line> by_task_type; ///< ordered by task type; within each, the best tool first, see `goes_before`
};

tool_summary summarise(const tally& records);

/// What this node exports: the sums of every tool with at least `min_records` records, ordered by task type, then
/// tool.
std::vector<learned_tool> learning_delta(const tally& records);

/// The averages of a learned tool in HART OS's form, with rate and mean time rounded.
summary_line averages(const learned_tool& learned);

} // namespace hive::analysis
