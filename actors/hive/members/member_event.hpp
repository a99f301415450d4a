#pragma once

#include "actors/hive/members/membership.hpp"
#include "messages/events.capnp.h"
#include "messages/msg.hpp"

namespace hive {

/// A change of the membership as an event. `name` is the node's, empty while it is not known.
msg<wire::Event> to_event(const member_change& change, const std::string& name);

} // namespace hive
