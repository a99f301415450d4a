#pragma once

#include "analysis/hive_statistics.hpp"
#include "analysis/tool_statistics.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace hive::analysis {

/// Decimals that the source system keeps of a success rate and of a mean time in seconds.
inline constexpr int rate_decimals = 3;
inline constexpr int time_decimals = 2;

/// One line of the summary; rate and time are rounded.
struct summary_line {
  std::string task_type; ///< empty where the line spans all of them
  std::string tool;
  uint64_t total = 0;
  double success_rate = 0;
  double avg_time_s = 0;
};

struct tool_summary {
  uint64_t total = 0;                     ///< records of this node
  uint64_t unlisted = 0;                  ///< of these, in no line: see `tally`
  std::vector<summary_line> by_tool;      ///< by name
  std::vector<summary_line> by_task_type; ///< by task type; of each, the best tool first, see `goes_before`
};

tool_summary summarise(const tally& records);

/// What this node tells the hive: the sums of every tool with at least so many records, by task type, then tool. Empty
/// when there is nothing to tell.
std::vector<learned_tool> learning_delta(const tally& records, uint64_t least = min_records);

/// The averages of a learned tool as HART OS writes them: rate and mean time rounded.
summary_line averages(const learned_tool& learned);

} // namespace hive::analysis
