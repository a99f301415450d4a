#pragma once

#include "actors/baseline/api.hpp"
#include "actors/engines/api.hpp"
#include "actors/gpu/api.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/tracker/api.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// Services to which engines' requests are forwarded.
struct engine_services {
  tracker_actor tracker;
  baselines_actor baselines;
  hive_view_actor hive;
  spawner_actor spawner;
  gpu_scheduler_actor gpus;
};

struct engine_session_options {
  engine_caller caller;                       ///< the engine of the session
  std::shared_ptr<actor_allowlist> allowlist; ///< the actors that the engine spawns are added to it
};

/// The engine's end of the connection is known: the session tells it which leases are being taken away.
struct engine_introduced {
  engine_presence_actor presence;
};

/// A session, with what only its own node may send to it.
using local_engine_session_actor = engine_session_actor::extend<caf::reacts_to<engine_introduced>>;

/// Spawns the actor that a connection of an engine reaches: it forwards permitted requests to the services, with the
/// identity of the engine. Services answer the session and not the engine: once an actor has answered over a
/// connection, the other end can send it any message, even an exit message. The leases of the engine end with the
/// session.
local_engine_session_actor spawn_engine_session(caf::actor_system& system, engine_services services,
                                                engine_session_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_introduced)
