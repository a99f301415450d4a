#pragma once

#include "actors/baseline/agent.hpp"
#include "actors/benchmark/api.hpp"
#include "actors/defaults.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <memory>

namespace hive {

/// Numbers of agents, for the metrics.
struct agent_counts {
  uint64_t known = 0;
  uint64_t regressed = 0; ///< confirmed ones included
  uint64_t confirmed = 0;
};

/// Services the validator depends on.
struct validator_services {
  std::shared_ptr<const database> db;
  judging_baselines_actor baselines;
  std::shared_ptr<const results_board> results;
  std::function<void(const agent_counts&)> show = [](const agent_counts&) {}; ///< called after each visit
};

struct validator_options {
  /// Days after its last input, run or capture for which an agent is active. Default: 7.
  uint64_t active_days = defaults::agent_active_days;
};

/// Spawns the validator. It reads the records of the agents that changed since its last visit, and wakes only those
/// whose state changes; an agent that did not change keeps its verdict. The first visit, one in 144 and those after a
/// change of the tests' pass rate examine all active agents: those that changed within `active_days` or are marked as
/// active.
validator_actor spawn_validator(caf::actor_system& system, validator_services services, validator_options options);

} // namespace hive
