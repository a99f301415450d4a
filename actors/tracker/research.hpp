#pragma once

#include "actors/tracker/research_session.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Spawns the manager of all AutoResearch sessions: one actor per running session, and the store for all. It spawns the
/// actors of the running sessions from the store. Ends with ec::corrupt when stored sessions cannot be read, and when a
/// session's actor fails.
research_actor spawn_research(caf::actor_system& system, research_services services);

} // namespace hive
