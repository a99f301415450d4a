#pragma once

#include "actors/upgrade/cluster/upgrade_facts.hpp"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/door.capnp.h"

// What becomes of a proposal, and why, in words for people. upgrade_view calls all of this; gate_shell and
// gate_shell_duties call why_sealed, for events and hooks.

namespace hive {

/// The names and states of nodes, as the federation knows them; empty while it does not answer.
using known_nodes = std::map<std::string, msg<wire::NodeInfo>>;

wire::UpgradeDecision decision_now(const upgrade_facts& from);

/// How far an approved version is rolled out, such as "canary 2/5"; "none".
std::string rollout_of(const upgrade_facts& from);

/// Why it was decided so, or why it is not decided.
std::string reason_now(const gate_sight& sight, const upgrade_facts& from);

/// Why the votes, or a stop, led to the value; empty for a value that is about no proposal.
std::string why_sealed(const gate::proposed_value& value);

/// The name of a node; empty when it is not known.
std::string name_of(const known_nodes& nodes, const std::string& node);

/// The text with names in place of ids. Where several nodes share a name, a part of the id follows it.
std::string with_names(std::string text, const known_nodes& nodes);

} // namespace hive
