#pragma once

#include "actors/engine_client/lease_status.hpp"
#include "actors/remote/api.hpp"
#include "messages/gpu.capnp.h"
#include "messages/ids.hpp"
#include "messages/msg.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>
#include <memory>

namespace hive {

using granted_atom = caf::atom_constant<caf::atom("granted")>;
using withdraw_atom = caf::atom_constant<caf::atom("withdraw")>;

/// Takes one lease of an engine and renews it.
using lease_keeper_actor = caf::typed_actor<
  // Answers when the lease is active, or with why there is none.
  caf::replies_to<granted_atom>::with<msg<wire::Lease>>,
  // Gives back what it has, or what it asked for as soon as it has that, and ends.
  caf::reacts_to<withdraw_atom>,
  // A lease over this connection is being taken away.
  caf::reacts_to<msg<wire::LeaseRevoked>>>;

/// Asks the engine's end of a connection to pass on which leases are being taken away.
struct follow_revocations {
  lease_keeper_actor keeper;
};

/// The engine's end of a connection, with what only the engine itself may send to it.
using local_presence_actor = engine_presence_actor::extend<caf::reacts_to<follow_revocations>>;

/// Spawns the engine's end of a connection.
local_presence_actor spawn_presence(caf::actor_system& system);

struct lease_keeper_options {
  engine_session_actor session;
  local_presence_actor presence;
  node_id node;
  msg<wire::RequestLease> request;           ///< with a key, and without its wait
  std::chrono::milliseconds timeout{10'000}; ///< of each request but for that which waits
  std::shared_ptr<lease_status> status;      ///< is told when the lease is lost
};

/// Spawns a keeper, which asks for the lease at once. The lease is lost when it is revoked, when the node does not know
/// it any more, when it could not be renewed for its ttl, or when the connection is lost. An exit message ends the
/// keeper and leaves the lease as it is.
lease_keeper_actor spawn_lease_keeper(caf::actor_system& system, lease_keeper_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::follow_revocations)
