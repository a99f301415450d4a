#pragma once

#include "actors/tracker/research_session.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Spawns the manager of all AutoResearch sessions. It keeps the store of all sessions and one actor per running
/// session; at its start it spawns the actors of stored sessions that are running. Ends with ec::corrupt when stored
/// sessions cannot be read, and when a session's actor fails.
research_actor spawn_research(caf::actor_system& system, research_services services);

} // namespace hive
