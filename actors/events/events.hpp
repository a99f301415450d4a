#pragma once

#include "actors/defaults.hpp"
#include "actors/events/api.hpp"

#include <caf/fwd.hpp>

namespace hive {

struct events_options {
  /// Must increase with every start of the actor, also across restarts of the node, so that ids increase.
  uint64_t epoch = 1;
  /// Number of events kept; at least 1. Events are lost when the actor ends.
  size_t kept = defaults::kept_events;
};

/// Spawns the actor that numbers events, keeps the newest, and answers readers. When it ends, waiting readers get
/// ec::unavailable.
events_actor spawn_events(caf::actor_system& system, events_options options);

} // namespace hive
