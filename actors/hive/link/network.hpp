#pragma once

#include "actors/defaults.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace hive {

/// How CAF watches the links.
struct network_options {
  /// Sent on every link that often. Costs 30 bytes and a wake-up.
  std::chrono::milliseconds heartbeat = defaults::heartbeat_interval;
  /// A link on which nothing came for so long is lost.
  std::chrono::milliseconds link_timeout = defaults::link_timeout;

  /// ec::invalid naming the option, when a link could be lost between two heartbeats.
  caf::error validate() const;
};

/// Before the actor system begins: loads CAF's network, sets its heartbeat, which is off by default, and registers what
/// travels between nodes beside messages.
void configure_network(caf::actor_system_config& config, const network_options& options);

/// Once it runs: takes away CAF's own actors that would spawn actors and tell their configuration to any linked
/// process. Who asks for an actor gets ec::forbidden.
void forbid_remote_spawning(caf::actor_system& system);

} // namespace hive
