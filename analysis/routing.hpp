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

/// How the tool is chosen among those that were measured.
enum class routing_policy : uint8_t {
  threshold, ///< HART OS's rule: highest success rate, then lowest mean time, among tools with `min_records`
  explore    ///< highest upper bound of the success rate, so that what is little known is tried
};

/// What may be said of a chosen tool.
enum class claim : uint8_t {
  none, ///< nothing was compared
  best, ///< the lower bound of its rate (Wilson, 95%) beats the estimate of every other measured tool
  tied  ///< the records do not tell it from the runner-up
};

/// Records of a task type after which what is known of a tool that was not used meanwhile weighs half (policy
/// explore). Regret in the simulation of tests/analysis hardly depends on it between 200 and 800.
inline constexpr double evidence_half_life = 500;

/// Records that the hive's estimate of a tool weighs beside this node's own (policy explore). A node with as many
/// records of its own is in doubt about its rate by 0.3 (95%), which is how far nodes can differ.
inline constexpr double hive_prior_records = 10;

/// Records of a task type that this node must have, over all tools that may be chosen, before policy explore tries
/// others than the rule of policy threshold would take: one lucky or unlucky record is no evidence. So many failures
/// among them are, and end the wait.
inline constexpr uint64_t min_records_to_explore = min_records;
inline constexpr uint64_t min_failures_to_explore = 2;

/// A tool and what was measured of it.
struct tool_choice {
  std::string tool;
  uint64_t samples = 0;
  double success_rate = 0; ///< of all records
  double avg_time_s = 0;   ///< of all records
  claim claimed = claim::none;
};

/// Whether the document's rule ranks `a` before `b`: the higher success rate, then the lower mean time, then the first
/// name. Rates and times compare exactly, as fractions.
bool goes_before(const tool_totals& a, const tool_totals& b);

/// The document's rule over the tools of one task type: the first in the order of `goes_before` among those that count
/// as measured. Nothing when none does. The claim weighs those tools alone; a tool without rival is best.
std::optional<tool_choice> best_tool(std::span<const tool_totals> tools);

/// What is known of a tool's success rate now, in records.
struct evidence {
  double n = 0;
  double successes = 0;

  double rate() const {
    return n > 0 ? successes / n : 0;
  }
};

/// All records of the tool, or only the last 20 where these contradict the older ones: their Wilson intervals (99%) are
/// disjoint. So a tool that broke, or was mended, is judged by what it does now.
evidence current_evidence(const tool_totals& tool);

/// Policy explore over the tools of one task type that have records: the highest Wilson upper bound (z = 1.96) of
/// `current_evidence`, where evidence fades with `evidence_half_life` while a tool is not used. So its bound rises
/// towards 1, and a tool that started badly gets another try, the later the worse it was. Equal bounds go to the tool
/// with the fewest records, then to the first name. `task_records` is the number of the task type's newest record.
std::optional<tool_choice> explore(std::span<const tool_totals> tools, uint64_t task_records);

/// Task type → tool where nothing was measured yet.
using heuristic_table = std::map<std::string, std::string, std::less<>>;

/// The table of the source system.
const heuristic_table& default_heuristics();

/// Why a tool was chosen.
enum class route_reason : uint8_t {
  override_, ///< the caller asked for it
  local,     ///< this node's records
  hive,      ///< other nodes' records
  heuristic, ///< the table
  available  ///< nothing is known: the first one
};

struct route_question {
  std::string_view task_type;
  std::span<const std::string_view> available; ///< in the caller's order of preference; empty: any tool will do
  std::string_view override_tool = {};         ///< empty: none
  routing_policy policy = routing_policy::explore;
};

/// What a route is chosen from; all about the question's task type.
struct route_knowledge {
  std::span<const tool_totals> local;
  uint64_t task_records = 0; ///< number of the task type's newest local record
  std::span<const tool_totals> hive;
};

struct route_answer {
  std::string tool;
  route_reason reason = route_reason::available;
  bool exploring = false; ///< whether a tool with a higher estimate was passed over to learn about this one
  claim claimed = claim::none;
  uint64_t samples = 0; ///< this node's records of it, or the hive's when that is the reason
  double success_rate = std::numeric_limits<double>::quiet_NaN(); ///< NaN without samples
  double avg_time_s = std::numeric_limits<double>::quiet_NaN();   ///< NaN without samples
};

/// The tool to use: the override if it is available, then the local best, then the hive's best, then the table's if it
/// is available, then the first available. Nothing when none of these names a tool.
///
/// With policy threshold "best" is `best_tool` both times, as in HART OS: the reason is local as soon as one tool has
/// five records here.
///
/// With policy explore the same holds until this node has `min_records_to_explore` records of available tools, or
/// `min_failures_to_explore` failures. From then on the choice is local and looks at all available tools: one never
/// tried anywhere has the bound 1. A tool's rate is this node's, shrunk towards the hive's: (s + k·p) / (n + k) for s
/// successes in n own records and the hive's rate p, where k is `hive_prior_records` or the hive's number of records if
/// that is smaller. It is the posterior mean of a rate whose prior is a beta distribution worth k records (Gelman et
/// al., Bayesian Data Analysis, 3rd ed., 2.4). So a tool that fails everywhere else need not fail here first, and own
/// records win by their number alone. The reason is local when the chosen tool has at least k own records that count,
/// otherwise hive.
std::optional<route_answer> route(const route_question& question, const route_knowledge& known,
                                  const heuristic_table& heuristics);

} // namespace hive::analysis
