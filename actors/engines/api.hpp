#pragma once

// Requests of engines: to the spawner, and to the service for those that speak HTTP.

#include "actors/engines/placement.hpp"
#include "actors/engines/ticket.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/remote/api.hpp"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <vector>

namespace hive {

/// An engine, and how its spawns get to other nodes.
struct engine_caller {
  engine_id engine;
  spawn_path path = spawn_path::door;
};

/// An engine's request, to which its session has added the engine's identity.
template <class Request>
struct engine_request {
  engine_caller caller;
  msg<Request> request;
};

/// Asks what engines have spawned on this node.
struct spawned_here_query {};

/// Something that an engine has spawned on this node, and the actor that asked for it.
struct spawned_here {
  msg<wire::Spawned> what;
  node_id via;           ///< the node that asked over a link; empty for none
  caf::actor_addr asker; ///< the session of the engine's connection, unless it has ended
};

/// Issues tickets, and spawns actors for valid tickets. Each request comes from the actor that stands for the engine,
/// such as the session of its connection: what it has asked for ends with it, unless it may stay.
using spawner_actor = link_spawner_actor::extend<
  // A ticket for the requested node, or for one that the spawner chooses. Errors as for engine_session_actor.
  caf::replies_to<engine_request<wire::SpawnRequest>>::with<msg<wire::SpawnTicket>>,
  // Spawns with a ticket for this node. Errors as for engine_session_actor.
  caf::replies_to<engine_request<wire::SpawnAdapter>>::with<adapter_actor>,
  caf::replies_to<engine_request<wire::SpawnResearch>>::with<research_session_actor>,
  // Installs a benchmark from git on this node, with a ticket for it.
  caf::replies_to<engine_request<wire::InstallThere>>::with<msg<wire::Install>>,
  // Ends an actor that the engine has spawned on this node. ec::not_found.
  caf::replies_to<engine_request<wire::EndSpawned>>::with<msg<wire::SpawnedEnded>>,
  // What lives on this node, of all engines.
  caf::replies_to<spawned_here_query>::with<std::vector<spawned_here>>>;

/// Asks which engines are connected with the door.
struct connected_engines_query {};

/// An engine that is connected with the door.
struct connected_engine {
  std::string name;
  std::string remote; ///< ADDRESS:PORT
  int64_t since_unix_micros = 0;
  caf::actor_addr session;
};

/// Knows the connections of engines.
using connected_engines_actor =
  caf::typed_actor<caf::replies_to<connected_engines_query>::with<std::vector<connected_engine>>>;

/// A request over HTTP. `token` is the name of the configured token that it showed; empty for none and for the node's
/// own operator token.
template <class Request>
struct http_engine_request {
  std::string token;
  msg<Request> request;
};

/// Acts on this node for the engines that speak HTTP. It places and spawns as an engine does, ends what an engine has
/// spawned when its keep-alives stop, and keeps the results.
using http_engines_actor = caf::typed_actor<
  // Spawns, and answers when it has been spawned. ec::forbidden (token or policy), ec::overloaded (quota, or too many),
  // ec::unavailable, ec::not_found (no such node) and the errors of starting a session.
  caf::replies_to<http_engine_request<wire::StartSpawned>>::with<msg<wire::Spawned>>,
  caf::replies_to<msg<wire::SpawnedQuery>>::with<msg<wire::SpawnedList>>,
  // ec::not_found when this node has spawned no such thing for an engine over HTTP.
  caf::replies_to<msg<wire::OneSpawnedQuery>>::with<msg<wire::Spawned>>,
  // ec::not_found when none of the ids is known; ec::forbidden for what another engine has spawned.
  caf::replies_to<http_engine_request<wire::KeepSpawned>>::with<msg<wire::SpawnedKept>>,
  // Answers when it runs no more, or when the wait is over. ec::overloaded when too many wait.
  caf::replies_to<msg<wire::SpawnedResultQuery>>::with<msg<wire::SpawnedResult>>,
  // Steps of a session, wherever it lives; their ids are those of what was spawned. ec::invalid for an adapter.
  caf::replies_to<http_engine_request<wire::ResearchIteration>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<http_engine_request<wire::ResearchImprovement>>::with<msg<wire::ResearchSession>>,
  caf::replies_to<http_engine_request<wire::FinishResearch>>::with<msg<wire::ResearchReport>>,
  // Ends it and forgets it; also what has stayed on this node from before its start.
  caf::replies_to<msg<wire::EndOneSpawned>>::with<msg<wire::SpawnedEnded>>,
  // The engines that this node serves, both over its door and over HTTP, and those for which other nodes act here.
  caf::replies_to<msg<wire::EngineQuery>>::with<msg<wire::EngineList>>>;

/// Has benchmarks installed from git, on this node or on another one.
using install_placer_actor = caf::typed_actor<
  // Installs on the node that `place` wants, on this one without. Answers as installer_actor does there, and with the
  // errors of a spawner; ec::outcome_unknown when the link with the other node is lost meanwhile.
  caf::replies_to<msg<wire::InstallBenchmark>>::with<msg<wire::Install>>>;

} // namespace hive

// Messages within one node.
template <class Request>
struct caf::allowed_unsafe_message_type<hive::engine_request<Request>> : std::true_type {};
template <class Request>
struct caf::allowed_unsafe_message_type<hive::http_engine_request<Request>> : std::true_type {};
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::spawned_here_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<hive::spawned_here>)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::connected_engines_query)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(std::vector<hive::connected_engine>)
