#pragma once

#include "actors/events/api.hpp"
#include "actors/gpu/api.hpp"
#include "actors/gpu/gpu_options.hpp"
#include "actors/gpu/probe_api.hpp"
#include "actors/store/api.hpp"
#include "gpu/ledger/options.hpp"
#include "messages/ids.hpp"
#include "platform/identity/keys.hpp"
#include "storage/database.hpp"

#include <memory>
#include <vector>

namespace hive {

/// Services the scheduler depends on.
struct gpu_scheduler_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  event_sink_actor events = {}; ///< receives each transition of a lease and each change of a device
  gpu_probe_actor probe = {};   ///< without one there are only simulated devices
};

struct gpu_scheduler_options {
  node_id node;
  key_pair keys;              ///< for the codes in tokens
  gpu::ledger_options ledger; ///< its epoch must be higher at each start of the actor
  std::vector<simulated_gpu> simulated;
  uint32_t island = 0; ///< devices of one gang are of one island of this many; 0: any
  std::chrono::milliseconds poll_interval{1000};
  std::chrono::milliseconds drain_interval{100}; ///< while memory is expected to come back
};

/// Spawns the scheduler. It continues with the leases in the store: a lease goes on if the process that holds it is
/// still the same one, or if nothing is known of its process and its holder renews it within its ttl; those that actors
/// of the earlier start held are over. Fails with ec::corrupt for a store that cannot be read.
gpu_scheduler_actor spawn_gpu_scheduler(caf::actor_system& system, gpu_scheduler_services services,
                                        gpu_scheduler_options options);

} // namespace hive
