#pragma once

#include "actors/engines/engine_session.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "messages/ids.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Accepts the connections of engines, and knows them.
using engine_acceptor_actor = engine_host_actor::extend_with<connected_engines_actor>;

struct engine_acceptor_options {
  node_id own_id; ///< of this node
  /// The CAs and revocation lists by which this process judges certificates.
  std::shared_ptr<const trust_register> trust = std::make_shared<trust_register>();
};

/// Spawns the actor that accepts connections of engines from the door. Each gets a session, which ends with it. Engines
/// are not members of the hive: other nodes do not know of them, and an engine can reach nothing on a node but its
/// session.
engine_acceptor_actor spawn_engine_acceptor(caf::actor_system& system, engine_services services,
                                            engine_acceptor_options options);

} // namespace hive
