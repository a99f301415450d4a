#pragma once

#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/baseline.capnp.h"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace hive {

/// What is measured of the agents, and how it is judged.
struct agent_baselines_options {
  /// Known agents up to which each one has metrics of its own; above it there are only the totals. Default: 100.
  uint64_t max_agents = defaults::max_measured_agents;
  /// Changes of an agent below which an upgrade check finds a regression: of the mean reward, of the mean success rate,
  /// and of the duration in percent of the one before.
  double reward_delta_floor = analysis::reward_delta_floor;
  double success_rate_delta_floor = analysis::success_rate_delta_floor;
  double duration_improvement_pct_floor = analysis::duration_improvement_pct_floor;
  /// Time limit of a measurement; exceeding it is an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is something.
  std::string unavailable_reason(const database& db) const;
};

/// How an agent changed from one baseline to the next, as HART OS rounds it (AgentBaselineAdapter). A reward and a
/// duration that a baseline lacks count as 0, a success rate as 1.
struct agent_change {
  double reward_delta = 0;             ///< 4 decimals
  double success_rate_delta = 0;       ///< mean over the actions, 4 decimals
  double duration_improvement_pct = 0; ///< of the older duration, 2 decimals; 0 when that is 0
};
agent_change change_between(wire::BaselineSummary::Reader older, wire::BaselineSummary::Reader newer);

/// Spawns adapter `agent_baselines`: agents_total (decides nothing) and agents_regressed (lower is better), and for up
/// to `max_agents` known agents {prompt}_{flow}_reward_delta, …_success_rate_delta and …_duration_improvement_pct of
/// the last two baselines, judged by their floors. The note names the 20 agents that regressed most. Is skipped while
/// no agent has two baselines. Reads the counter of agents and the index of regressed ones, so it takes no longer on a
/// node with a million agents.
adapter_actor spawn_agent_baselines_adapter(caf::actor_system& system, std::shared_ptr<const database> db,
                                            agent_baselines_options options);

} // namespace hive
