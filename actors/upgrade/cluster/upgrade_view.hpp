#pragma once

#include "actors/upgrade/cluster/decision_log.hpp"
#include "actors/upgrade/gate/gate_core.hpp"
#include "analysis/canary_health.hpp"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/door.capnp.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace hive {

/// A stage as this node judges it now; see stage_watcher_actor.
struct judged_stage {
  std::string proposal;
  uint8_t stage = 0;
  analysis::stage_judgement what;
  uint32_t observed_s = 0;
};

/// What the gate's actor knows beside its core.
struct gate_sight {
  const gate::gate_core& core;
  const decision_log& log;
  const std::vector<std::string>& tracks;            ///< names, by number
  const std::map<std::string, int64_t>& announced;   ///< when this node first heard of a proposal, by id
  const std::map<uint8_t, judged_stage>& stages;     ///< by track
  const std::map<std::string, std::string>& notices; ///< by proposal
  const std::map<uint8_t, std::string>& conflicts;   ///< by track
  gate::instant now{0};
};

/// The names and states of nodes, as the federation knows them; empty while it does not answer.
using known_nodes = std::map<std::string, msg<wire::NodeInfo>>;

/// Ids of all proposals that are kept: those asked for first, then the one that changed last first.
std::vector<std::string> proposal_ids(const gate_sight& sight);

/// The track of a proposal; none when it is not known.
std::optional<uint8_t> track_of(const gate_sight& sight, const std::string& proposal);

/// A proposal as this node sees it. ec::not_found, ec::corrupt.
caf::expected<msg<wire::ClusterUpgrade>> view_of(const gate_sight& sight, const std::string& proposal,
                                                 const known_nodes& nodes);

/// A track and its members.
msg<wire::TrackMembers> members_of(const gate_sight& sight, uint8_t track, const node_id& self,
                                   const known_nodes& nodes);

/// Why the votes, or a stop, led to the value, for people.
std::string why_sealed(const gate::proposed_value& value);

} // namespace hive
