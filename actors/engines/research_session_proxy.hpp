#pragma once

#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"

#include <caf/fwd.hpp>
#include <string>

namespace hive {

/// Services the proxy depends on.
struct research_session_proxy_services {
  research_actor research;
};

struct research_session_proxy_options {
  std::string session; ///< its id
};

/// Spawns the proxy of one research session for an engine: it forwards the steps of that session and of no other
/// (ec::forbidden). Ends when the session is finished. Without the proxy the engine could send exit messages to the
/// actor of the session.
research_session_actor spawn_research_session_proxy(caf::actor_system& system, research_session_proxy_services services,
                                                    research_session_proxy_options options);

} // namespace hive
