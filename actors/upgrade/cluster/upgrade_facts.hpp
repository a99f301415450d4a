#pragma once

#include "actors/upgrade/cluster/decision_log.hpp"
#include "actors/upgrade/gate/gate_core.hpp"
#include "analysis/canary_health.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

// What this node knows of the proposals, gathered from the core, the log of decisions and the actor. upgrade_view calls
// gather_facts for the proposal that it shows, and gate_shell_requests the rest, to find proposals.

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

  const gate::track_state& state_of(uint8_t track) const {
    return core.at(track).state();
  }
};

/// What is known of a proposal.
struct upgrade_facts {
  uint8_t track = 0;
  gate::proposal_ptr what;
  std::string proposer;
  std::vector<logged_decision> steps;
  gate::value_ptr verdict; ///< approved, rejected or aborted; null: none, or this node never learned of it
  gate::value_ptr back;    ///< the value that rolls it back
  gate::value_ptr newest;
  std::optional<gate::ask_view> ask;  ///< until it is open
  bool is_current = false;            ///< it is what the track is about
  bool is_dropped = false;            ///< another line of members was begun without it; see events::begin_line
  bool is_held = false;               ///< its time is over, or all have voted and nothing follows: people have to act
  std::optional<gate::tally> counted; ///< the votes of the present stage; none once it is over
};

/// Fails with ec::not_found, and with ec::corrupt when a logged value cannot be read.
caf::expected<upgrade_facts> gather_facts(const gate_sight& sight, const std::string& proposal);

/// Ids of all proposals that are kept: those asked for first, then the one that changed last first.
std::vector<std::string> proposal_ids(const gate_sight& sight);

/// The track of a proposal; none when it is not known.
std::optional<uint8_t> track_of(const gate_sight& sight, const std::string& proposal);

/// Whether a value of this kind decides on a version.
bool is_verdict(wire::GateValueKind what);

} // namespace hive
