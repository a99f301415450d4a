#pragma once

#include "messages/events.capnp.h"

#include <string>

namespace hive::ctl {

/// Describes an event in a few words.
std::string describe_event(wire::Event::Reader event);

} // namespace hive::ctl
