#pragma once

#include "messages/events.capnp.h"

#include <string>

namespace hive::ctl {

/// What happened, in a few words for people.
std::string describe_event(wire::Event::Reader event);

} // namespace hive::ctl
