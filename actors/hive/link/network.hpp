#pragma once

#include "actors/defaults.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

namespace hive {

/// Liveness checks of CAF on the links.
struct network_options {
  /// Interval of heartbeats on every link. Each costs 30 bytes and a wake-up.
  std::chrono::milliseconds heartbeat = defaults::heartbeat_interval;
  /// A link that is silent for longer counts as lost.
  std::chrono::milliseconds link_timeout = defaults::link_timeout;

  /// Fails with ec::invalid, naming the option. The timeout must span more than one heartbeat.
  caf::error validate() const;
};

/// Call before the actor system starts: loads the network module, enables its heartbeat (off by default), and registers
/// the actor handles that travel between processes.
void configure_network(caf::actor_system_config& config, const network_options& options);

/// Call once the actor system runs: unregisters CAF's own servers, which would let any connected process spawn actors
/// and read the configuration. Requests for a spawn get ec::forbidden.
void forbid_remote_spawning(caf::actor_system& system);

} // namespace hive
