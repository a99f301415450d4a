#pragma once

#include "actors/defaults.hpp"

#include <caf/all.hpp>
#include <functional>
#include <string>
#include <vector>

namespace hive {

/// One part of a node that runs as an actor. `start` may use the handles of services before it in the list, and is
/// called again for each restart.
struct service {
  std::string name;
  std::function<caf::expected<caf::actor>()> start;
  /// Whether a failure ends the node at once, because no restart within the process could help.
  bool essential = false;
};

struct supervisor_options {
  /// Restarts allowed within `restart_window` before the node gives up.
  uint32_t max_restarts = defaults::max_restarts;
  std::chrono::milliseconds restart_window = defaults::restart_window;
  /// How long a service may take to stop before it is abandoned.
  std::chrono::milliseconds stop_timeout = defaults::stop_timeout;
  /// Called at every change of the node's status: "ok", or what it is doing instead, such as "restarting http".
  std::function<void(const std::string&)> on_status = [](const std::string&) {};
};

using start_atom = caf::atom_constant<caf::atom("start")>;

/// actors/node: starts, restarts and stops the services of a node.
using supervisor_actor = caf::typed_actor<
  // Starts all services in order. On failure those already started are stopped again and the answer says which service
  // could not start and why: a node runs whole or not at all.
  caf::replies_to<start_atom>::with<caf::ok_atom>>;

/// Spawns a supervisor over `services`.
///
/// A service that ends unasked is started again, and so are all behind it in the list, since they hold its handle
/// (Erlang's rest_for_one). More than `max_restarts` within `restart_window` end the supervisor with an error, after
/// an ordered stop. `exit_reason::user_shutdown` stops all services, the last one first, and then the supervisor.
supervisor_actor spawn_supervisor(caf::actor_system& system, std::vector<service> services, supervisor_options options);

} // namespace hive
