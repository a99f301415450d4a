#pragma once

#include "analysis/number_stream.hpp"
#include "analysis/success_stream.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// What a stream is about.
enum class measure : uint8_t { success, duration, reward, tokens, cost };

/// Which values are better: more success and reward, less of all others.
direction better_of(measure measured);

/// One stream of an agent: a measure of one action, or the success of one slice over all actions.
struct stream_key {
  measure measured = measure::success;
  std::string action; ///< empty for a slice
  std::string slice;  ///< empty for an action

  auto operator<=>(const stream_key&) const = default;
};

/// One run of one action, as the agent's engine reports it. Its texts must outlive the call and not be empty; a slice
/// that is given twice counts once. Numbers must be finite.
struct measured_run {
  std::string_view action;
  bool success = false;
  std::optional<double> duration_s = {};
  std::optional<double> reward = {};
  std::optional<double> tokens = {};
  std::optional<double> cost = {};
  std::span<const std::string_view> slices = {}; ///< labels, such as a language or a customer
};

/// Bounds on one agent. 1,000 values of a measure take 4.8 KB, so a full agent takes about 160 KB; most have a few
/// actions and only success and duration.
struct evidence_limits {
  size_t actions = 256;
  size_t number_streams = 32;
  size_t slices = 64;
};

/// All streams of one agent, as plain values.
struct agent_evidence {
  std::map<stream_key, success_stream> successes;
  std::map<stream_key, number_stream> numbers;
  /// Values that no stream took because the agent has as many as its limits allow. Not silent: the owner shows it.
  uint64_t left_out = 0;
};

/// A stream that a run advanced.
struct stream_update {
  stream_key key;
  stream_change change;

  bool turned(drift_evidence into) const {
    return change.before != into && change.after == into;
  }
  /// Was confirmed, and is so no more.
  bool recovered() const {
    return change.before == drift_evidence::confirmed && change.after != drift_evidence::confirmed;
  }
};

/// Adds a run to all streams that it concerns, and makes those that are new. `threshold` is the node's for its present
/// rate of runs (see `alarm_threshold`); slices add their own share to it. Returns one update for each stream, in the
/// order success, numbers, slices; their number is what `count_runs` counts.
std::vector<stream_update> observe(agent_evidence& agent, const measured_run& run, double threshold,
                                   const evidence_limits& limits = {});

/// Takes what one stream does now for its reference. Returns false if the agent has no such stream, or nothing is
/// suspected of it. A stream that must begin anew, since its runs are judged differently now, is erased instead.
bool accept(agent_evidence& agent, const stream_key& key, double threshold);

/// Likewise all streams, after a change on purpose. Returns those that were accepted; the others keep their references.
std::vector<stream_key> accept_all(agent_evidence& agent, double threshold);

/// What one stream says; nothing if the agent has no such stream.
std::optional<stream_report> explain(const agent_evidence& agent, const stream_key& key, double threshold);

/// What all streams say, in the order of their keys.
struct keyed_report {
  stream_key key;
  stream_report report;
};
std::vector<keyed_report> explain_all(const agent_evidence& agent, double threshold);

/// What an alert says about a figure that the threshold rule calls a regression: a stream that still learns cannot tell
/// it from chance and gives it as suspected; otherwise the stream decides.
drift_evidence evidence_of_regression(drift_evidence of_stream);

} // namespace hive::analysis
