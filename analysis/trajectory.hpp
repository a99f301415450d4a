#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive::analysis {

// What an agent does on its way to an outcome, as counts: a change of its behaviour shows here before the rate of
// success moves, and no judge has to read transcripts.

/// The way of one run. Its texts must outlive the call that takes it.
struct trajectory {
  std::span<const std::string_view> tools; ///< called, in order
  uint32_t steps = 0;                      ///< turns of the agent; at least the number of calls if it counts both
  uint32_t retries = 0;                    ///< calls that repeat a failed one
  bool success = false;
};

/// Bounds on one fingerprint, which is part of a snapshot: some 20 KiB with names of common length.
inline constexpr size_t max_fingerprint_tools = 128;
inline constexpr size_t max_fingerprint_transitions = 512;
/// Calls of one run that count. More are a loop, whose steps and retries say so.
inline constexpr size_t max_counted_calls = 1'000;

struct tool_use {
  uint32_t calls = 0;
  uint32_t runs = 0; ///< that called it at least once
};

/// Counts over runs. Names and pairs beyond the bounds are counted in `other_tools` and `other_transitions`, so nothing
/// disappears silently.
struct fingerprint {
  uint32_t runs = 0;
  uint32_t successes = 0;
  uint64_t steps = 0;
  uint64_t retries = 0;
  std::map<std::string, tool_use, std::less<>> tools;
  std::map<std::pair<std::string, std::string>, uint32_t> transitions; ///< from one call to the next
  uint64_t other_tools = 0;                                            ///< calls of tools that are not listed
  uint64_t other_transitions = 0;                                      ///< pairs that are not listed
};

/// Counts one more run.
void add_run(fingerprint& counts, const trajectory& run);

/// The counts of both sides together, within the same bounds.
fingerprint merge(const fingerprint& a, const fingerprint& b);

/// Chance up to which the presence or absence of a tool counts as a change.
inline constexpr double tool_change_level = 0.01;

struct tool_change {
  std::string tool;
  uint32_t runs = 0; ///< that used it, on the side that has it
  /// The chance that all these runs fall on that side if both sides are alike: C(side, runs) / C(both, runs).
  double chance = 1;
};

/// A figure of both sides; NaN on a side where it is not defined.
struct figure_change {
  double old_value = 0;
  double new_value = 0;
  bool worse = false; ///< by the threshold rule: more than 5% above a positive old value, or above an old value of 0
};

struct trajectory_change {
  std::vector<tool_change> new_tools;  ///< not used before, used now with a chance of at most `tool_change_level`
  std::vector<tool_change> lost_tools; ///< used before, not used now; likewise
  std::vector<tool_change> possible;   ///< new or lost, but by more chance than that: too few runs to say
  figure_change steps_per_success;
  figure_change retries_per_run;
  /// Half the summed difference of the shares of all transitions: 0 alike, 1 nothing in common. NaN without any.
  double transition_distance = 0;
};

/// Compares two fingerprints. If a side lists as many tools as its bound allows, what it does not list may have been
/// used; then no tool is new or lost to it.
trajectory_change compare_trajectories(const fingerprint& old_side, const fingerprint& new_side);

} // namespace hive::analysis
