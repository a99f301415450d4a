#pragma once

#include "analysis/agent_evidence.hpp"
#include "analysis/trajectory.hpp"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace hive {

/// The name of a stream in validations: action_1_success_rate, action_1_duration, or slice language=python.
std::string name_of(const analysis::stream_key& key);

/// A stream's report with a sentence that says it.
void fill_report(wire::StreamReport::Builder out, const analysis::keyed_report& report);

/// What to know first about an agent: what is confirmed, what is suspected and how many more runs would settle it, what
/// still learns, and what it does otherwise than before.
std::vector<std::string> summary_texts(std::span<const analysis::keyed_report> reports,
                                       const std::optional<analysis::trajectory_change>& change);

/// What of a change of trajectories is a regression: new_tool NAME, lost_tool NAME, steps_per_success. Tools must
/// differ by more than chance explains, see defaults::max_tool_chance.
std::vector<std::string> trajectory_metrics(const analysis::trajectory_change& change);

/// How much outcomes differ from run to run.
void fill_flakiness(wire::Flakiness::Builder out, const std::vector<msg<wire::AgentItem>>& items);

} // namespace hive
