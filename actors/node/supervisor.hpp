#pragma once

#include "actors/defaults.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <functional>
#include <string>
#include <vector>

namespace hive {

/// One part of a node that runs as an actor. `start` may use the handles of earlier services in the list, and is called
/// again for each restart.
struct service {
  std::string name;
  std::function<caf::expected<caf::actor>()> start;
  /// Whether a failure ends the node immediately, because a restart within the process could not help.
  bool essential = false;
};

struct supervisor_options {
  /// Number of restarts within `restart_window` before the node gives up.
  uint32_t max_restarts = defaults::max_restarts;
  std::chrono::milliseconds restart_window = defaults::restart_window;
  /// Time for a service to stop before it is abandoned.
  std::chrono::milliseconds stop_timeout = defaults::stop_timeout;
  /// Whether the start of a service may wait for the answers of earlier ones. The supervisor then has a thread of its
  /// own, because all others might be waiting as well.
  bool starts_wait = false;
  /// Called when the node's status changes: "ok", or the current activity, such as "restarting http".
  std::function<void(const std::string&)> on_status = [](const std::string&) {};
  /// Called with the reason when the services end because one of them fails.
  std::function<void(const std::string&)> on_give_up = [](const std::string& why) {
    log::critical("Node stops: {}", why);
  };
};

using start_atom = caf::atom_constant<caf::atom("start")>;

/// actors/node: starts, restarts and stops the services of a node.
using supervisor_actor = caf::typed_actor<
  // Starts all services in order. On failure the started ones are stopped again, and the error says which service
  // failed and why: a node runs completely or not at all.
  caf::replies_to<start_atom>::with<caf::ok_atom>>;

/// Spawns a supervisor for `services`.
///
/// A service that ends unexpectedly is restarted together with all services after it in the list, since they hold its
/// handle (Erlang's rest_for_one). More than `max_restarts` within `restart_window` end the supervisor with an error,
/// after an orderly stop. `exit_reason::user_shutdown` stops all services, last one first, and then the supervisor.
supervisor_actor spawn_supervisor(caf::actor_system& system, std::vector<service> services, supervisor_options options);

} // namespace hive
