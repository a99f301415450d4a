#pragma once

#include "actors/gpu/api.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Spawns the actor that holds one lease for `owner`, to which it passes on that the lease is being taken away. It ends
/// with its owner, and when nobody refers to it any more: the scheduler forgets it together with the lease. The
/// scheduler ends a lease by force by ending its holder, which leaves the owner's other leases alone.
lease_holder_actor spawn_lease_holder(caf::actor_system& system, const lease_holder_actor& owner);

} // namespace hive
