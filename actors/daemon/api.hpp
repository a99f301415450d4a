#pragma once

// The daemons: services that act by the clock.

#include <caf/atom.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive {

// internal: a daemon's own timer.
using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// Periodically publishes what the tracker has learned. Services send it no requests.
using coding_daemon_actor = caf::typed_actor<caf::reacts_to<tick_atom>>;

/// Periodically has the active agents validated. Services send it no requests.
using agent_daemon_actor = caf::typed_actor<caf::reacts_to<tick_atom>>;

} // namespace hive
