#pragma once

#include "actors/upgrade/gate/proposal.hpp"
#include "analysis/canary_health.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/verdict.capnp.h"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// A member's vote on a proposal, and what it judged by. Start, position and attempt are for the core to fill in.
struct member_vote {
  msg<wire::GateVote> vote;
  std::optional<msg<wire::VerdictDocument>> document; ///< none for a stage, and when nothing could be judged
  std::string document_hash;                          ///< as in the vote, in hex; empty without a document
};

/// Judges the versions of a proposal by what is stored on this node, as it was captured or measured in pairs; `track`
/// is the name of the proposal's track. What is missing is inconclusive, with the reason. Reads the store, so it takes
/// milliseconds, with many metrics up to a second. Fails with ec::corrupt.
caf::expected<member_vote> judge_versions(const database& db, const gate::proposal& what, const std::string& track,
                                          const std::vector<analysis::configured_rules>& configured);

/// A vote that says why nothing could be judged.
member_vote vote_inconclusive(const gate::proposal& what, uint8_t stage, const std::string& reason);

/// The vote on a stage of the rollout.
member_vote vote_on_stage(const gate::proposal& what, uint8_t stage, const analysis::stage_judgement& judged);

} // namespace hive
