#pragma once

#include "analysis/tool_statistics.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hive::analysis {

/// How to choose among measured tools.
enum class routing_policy : uint8_t {
  threshold, ///< HART OS's rule: highest success rate, then lowest mean time, among tools with `min_records`
  explore    ///< highest upper bound of the success rate, so that tools with few records are tried
};

/// What can be claimed about a chosen tool.
enum class claim : uint8_t {
  none, ///< nothing was compared
  best, ///< the Wilson lower bound (95%) of its rate beats the estimate of every other measured tool
  tied  ///< the records cannot distinguish it from the runner-up
};

/// Policy explore: number of records of a task type after which evidence about an unused tool has half its weight. In
/// the simulation in tests/analysis, regret hardly depends on this between 200 and 800.
inline constexpr double evidence_half_life = 500;

/// Policy explore: weight of the hive's estimate of a tool, in records of this node. A rate from so few own records is
/// uncertain by 0.3 (95%), which is how far nodes can differ.
inline constexpr double hive_prior_records = 10;

/// Policy explore: number of records that this node needs for a task type, over all candidate tools, before its choice
/// deviates from policy threshold: single lucky or unlucky records are no evidence. Enough failures end the wait
/// earlier.
inline constexpr uint64_t min_records_to_explore = min_records;
inline constexpr uint64_t min_failures_to_explore = 2;

/// A tool and its measured figures.
struct tool_choice {
  std::string tool;
  uint64_t samples = 0;
  double success_rate = 0; ///< over all records
  double avg_time_s = 0;   ///< over all records
  claim claimed = claim::none;
};

/// HART OS's order: whether `a` ranks before `b`. Higher success rate first, then lower mean time, then name. Rates and
/// times are compared exactly, as fractions.
bool goes_before(const tool_totals& a, const tool_totals& b);

/// HART OS's rule: the first measured tool in the order of `goes_before`, or nothing when no tool counts as measured.
/// The claim compares measured tools only; a tool without a rival is best.
std::optional<tool_choice> best_tool(std::span<const tool_totals> tools);

/// Current evidence about a tool's success rate, in records.
struct evidence {
  double n = 0;
  double successes = 0;

  double rate() const {
    return n > 0 ? successes / n : 0;
  }
};

/// All records of the tool, or only the last 20 when they contradict the older ones (disjoint 99% Wilson intervals). So
/// a tool that broke or was repaired is judged by its present behaviour.
evidence current_evidence(const tool_totals& tool);

/// Policy explore over the tools of one task type that have records: the tool with the highest Wilson upper bound (z =
/// 1.96) of `current_evidence`, where evidence about unused tools fades with `evidence_half_life`. An unused tool's
/// bound rises towards 1, so that a tool with a bad start is tried again; the worse the start, the later. Equal bounds
/// are ordered by fewest records, then by name. `task_records` is the number of the task type's newest record.
std::optional<tool_choice> explore(std::span<const tool_totals> tools, uint64_t task_records);

/// Task type → tool, used where nothing has been measured.
using heuristic_table = std::map<std::string, std::string, std::less<>>;

/// HART OS's table.
const heuristic_table& default_heuristics();

/// Why a tool was chosen.
enum class route_reason : uint8_t {
  override_, ///< requested by the caller
  local,     ///< based on this node's records
  hive,      ///< based on other nodes' records
  heuristic, ///< from the heuristic table
  available  ///< nothing is known: the first available tool
};

struct route_question {
  std::string_view task_type;
  std::span<const std::string_view> available; ///< in the caller's order of preference; empty: any tool
  std::string_view override_tool = {};         ///< empty: none
  routing_policy policy = routing_policy::explore;
};

/// Input of a routing decision, restricted to the question's task type.
struct route_knowledge {
  std::span<const tool_totals> local;
  uint64_t task_records = 0; ///< number of the task type's newest local record
  std::span<const tool_totals> hive;
};

struct route_answer {
  std::string tool;
  route_reason reason = route_reason::available;
  bool exploring = false; ///< whether a tool with a higher estimate was passed over in order to learn about this one
  claim claimed = claim::none;
  uint64_t samples = 0; ///< this node's records of the tool, or the hive's when `reason` is hive
  double success_rate = std::numeric_limits<double>::quiet_NaN(); ///< NaN without samples
  double avg_time_s = std::numeric_limits<double>::quiet_NaN();   ///< NaN without samples
};

/// Chooses a tool: the override if available, else the local best, else the hive's best, else the heuristic table's if
/// available, else the first available one. Nothing when none of these names a tool.
///
/// With policy threshold, "best" means `best_tool`, as in HART OS: the reason is local once a tool has five records
/// here.
///
/// Policy explore behaves the same until this node has `min_records_to_explore` records of available tools, or
/// `min_failures_to_explore` failures. From then on it considers all available tools, and one that was never tried
/// anywhere has bound 1. A tool's rate is this node's, shrunk towards the hive's: (s + k·p) / (n + k) for s successes
/// in n own records and the hive's rate p, where k is `hive_prior_records`, or the hive's number of records if smaller.
/// This is the posterior mean for a beta prior worth k records (Gelman et al., Bayesian Data Analysis, 3rd ed., 2.4).
/// So a tool that fails everywhere else need not fail here first, and own records outweigh the prior as they
/// accumulate. The reason is local when the chosen tool has at least k own records that count, otherwise hive.
std::optional<route_answer> route(const route_question& question, const route_knowledge& known,
                                  const heuristic_table& heuristics);

} // namespace hive::analysis
