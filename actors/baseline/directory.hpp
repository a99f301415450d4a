#pragma once

#include "actors/baseline/agent.hpp"
#include "actors/defaults.hpp"

#include <caf/fwd.hpp>
#include <chrono>

namespace hive {

struct baselines_options {
  /// Agents whose actors are kept ready; idle ones beyond end first. Default: 2,048.
  size_t kept = defaults::kept_agents;
  /// Agents with an actor at most. Default: 8,192.
  size_t max_live = defaults::max_live_agents;
  /// Time without a request after which an agent's actor ends. Default: 30 s.
  std::chrono::milliseconds idle_time = defaults::agent_idle_time;
  /// Interval of the search for such agents. Default: 10 s.
  std::chrono::milliseconds idle_check = defaults::agent_idle_check;
  /// False alarms per week that the evidence of all agents together may give. Default: 1.
  double false_alarms_per_week = analysis::default_false_alarms_per_week;
};

/// Spawns the directory of all agents. It keeps one actor per agent in use; the others cost only disk. When an agent's
/// actor fails, its pending requests fail and the next request starts a new one from the store; other agents are not
/// concerned. Ends with ec::corrupt when the stored rate of runs cannot be read. ec::overloaded when too many agents
/// are busy at once, or when there are too many agents.
judging_baselines_actor spawn_baselines(caf::actor_system& system, agent_services services, baselines_options options);

} // namespace hive
