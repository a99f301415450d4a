#pragma once

#include "actors/upgrade/cluster/upgrade_text.hpp"

// Writes what is known of a proposal into the message that clients get. gate_shell_requests calls it.

namespace hive {

/// A proposal as this node sees it. Fails like gather_facts.
caf::expected<msg<wire::ClusterUpgrade>> view_of(const gate_sight& sight, const std::string& proposal,
                                                 const known_nodes& nodes);

} // namespace hive
