#pragma once

#include "actors/interfaces.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

/// The plainest end of a link: answers pings. Spawn with `sys.spawn(link_face)`.
link_actor::behavior_type link_face(link_actor::pointer self);

} // namespace hive
