#pragma once

#include "analysis/anchor.hpp"
#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/runs.capnp.h"

#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What counted runs do to an agent's record: verdicts, the anchor, and judges.
namespace hive::agents {

/// The agent with what its streams and its trajectories say now.
msg<wire::Agent> with_verdicts(const msg<wire::Agent>& agent, const std::vector<msg<wire::StreamVerdict>>& verdicts,
                               const std::vector<std::string>& trajectory);

/// Whether a capture begins another lineage: with another prompt or structure than before.
bool begins_lineage(wire::Agent::Reader before, wire::Baseline::Reader made);

/// The agent after a capture, with its anchor moved up if the counted runs prove that it does better (see
/// analysis/anchor.hpp). A new lineage begins with the better of its own sample and the old anchor.
msg<wire::Agent> with_samples(const msg<wire::Agent>& agent, wire::Baseline::Reader baseline, bool is_new_lineage,
                              const std::vector<analysis::action_sample>& samples);

/// By how much rewards of this judge are above those of the reference's judge: 0 for the same judge or when one is
/// unknown, nothing when their rewards cannot be compared.
std::optional<double> reward_offset(wire::Agent::Reader agent, std::string_view judge);

/// Why the newest rewards cannot be compared with the reference's; empty when they can.
std::string why_not_comparable(wire::Agent::Reader agent);

/// The agent with the offset between the reference's judge and a new one. ec::invalid with fewer than 8 items, or
/// without another judge.
caf::expected<msg<wire::Agent>> rebased(const msg<wire::Agent>& agent, wire::RebaseAgent::Reader how, int64_t now);

} // namespace hive::agents
