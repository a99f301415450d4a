#pragma once

#include "actors/upgrade/cluster/upgrade_text.hpp"

// Writes what is known of a track's members into the message that clients get. gate_shell_requests calls it.

namespace hive {

/// A track and its members.
msg<wire::TrackMembers> members_of(const gate_sight& sight, uint8_t track, const node_id& self,
                                   const known_nodes& nodes);

} // namespace hive
