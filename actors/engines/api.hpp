#pragma once

// Requests of engines that the spawner serves.

#include "actors/engines/ticket.hpp"
#include "actors/remote/api.hpp"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive {

/// An engine and its connection.
struct engine_caller {
  engine_id engine;
  connection_id connection;
};

/// An engine's request, to which its session has added the engine's identity.
template <class Request>
struct engine_request {
  engine_caller caller;
  msg<Request> request;
};

/// Issues tickets, and spawns actors for valid tickets. Each request comes from the session of the engine: what an
/// engine has spawned over a session ends with the session, unless it may stay.
using spawner_actor = caf::typed_actor<
  // A ticket for the requested node, or for one that the spawner chooses. Errors as for engine_session_actor.
  caf::replies_to<engine_request<wire::SpawnRequest>>::with<msg<wire::SpawnTicket>>,
  // Spawns with a ticket for this node. Errors as for engine_session_actor.
  caf::replies_to<engine_request<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<engine_request<wire::SpawnResearch>>::with<research_session_actor>,
  // Ends an actor that the engine has spawned on this node. ec::not_found.
  caf::replies_to<engine_request<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>>;

} // namespace hive

// Messages within one node.
template <class Request>
struct caf::allowed_unsafe_message_type<hive::engine_request<Request>> : std::true_type {};
