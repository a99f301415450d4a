#pragma once

#include "actors/engines/engine_acceptor.hpp"
#include "actors/engines/engine_session.hpp"
#include "actors/engines/spawner.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/research.capnp.h"

#include <caf/actor_system.hpp>

namespace hive {

/// Makes a stub answer what it has held back.
using release_atom = caf::atom_constant<caf::atom("release")>;

inline adapter_actor::behavior_type adapter_stub(adapter_actor::pointer) {
  return {[](const msg<wire::MeasureRequest>&) { return msg<wire::Measurement>{}; }};
}

inline research_session_actor::behavior_type research_session_stub(research_session_actor::pointer) {
  return {[](const msg<wire::ResearchIteration>&) { return msg<wire::ResearchSession>{}; },
          [](const msg<wire::ResearchImprovement>&) { return msg<wire::ResearchSession>{}; },
          [](const msg<wire::FinishResearch>&) { return msg<wire::ResearchReport>{}; }};
}

// How tests start the actors of engines.

inline spawner_actor start_spawner(caf::actor_system& system, spawner_services services, spawner_options options) {
  return system.spawn(spawner, std::move(services), std::move(options));
}

inline engine_session_actor start_engine_session(caf::actor_system& system, engine_services services,
                                                 engine_session_context context) {
  return system.spawn(engine_session, std::move(services), std::move(context));
}

inline engine_host_actor start_engine_acceptor(caf::actor_system& system, engine_services services,
                                               const node_id& own_id) {
  return system.spawn(engine_acceptor, std::move(services), own_id);
}

} // namespace hive
