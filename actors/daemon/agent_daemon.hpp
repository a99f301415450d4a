#pragma once

#include "actors/baseline/api.hpp"
#include "actors/daemon/api.hpp"
#include "actors/daemon/world_model_shift.hpp"
#include "actors/defaults.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <memory>

namespace hive {

/// Services the agent daemon depends on.
struct agent_daemon_services {
  std::shared_ptr<const database> db; ///< with the world model's counters
  validator_actor validator;
};

struct agent_daemon_options {
  /// Interval between ticks. Default 30 s.
  std::chrono::milliseconds tick = defaults::daemon_tick;
  /// Agents are validated every 2 × this number of ticks. Default 10, as in HART OS.
  uint64_t remediate_every = defaults::remediate_every;
  shift_options shift;
};

/// Spawns the agent daemon, which periodically has the active agents validated: an agent that regressed is captured
/// once per episode, and all are captured when the world model has shifted. It never depends on load or on users. A
/// visit that is still under way is not repeated; a failed one is logged and repeated at the next occasion.
agent_daemon_actor spawn_agent_daemon(caf::actor_system& system, agent_daemon_services services,
                                      agent_daemon_options options);

} // namespace hive
