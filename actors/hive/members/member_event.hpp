#pragma once

#include "actors/hive/members/membership.hpp"
#include "messages/events.capnp.h"
#include "messages/msg.hpp"

namespace hive {

/// Converts a membership change to an event. `name` is the name of the node; empty while unknown.
msg<wire::Event> to_event(const member_change& change, const std::string& name);

} // namespace hive
