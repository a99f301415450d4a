#pragma once

#include "actors/baseline/api.hpp"
#include "actors/defaults.hpp"
#include "actors/events/api.hpp"
#include "actors/results_board.hpp"
#include "actors/store/api.hpp"
#include "analysis/false_alarms.hpp"
#include "storage/baseline_store.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// What the node's rate of runs and its budget of false alarms demand of evidence (see analysis/false_alarms.hpp).
struct evidence_threshold {
  double threshold = analysis::min_threshold;
  double runs_per_week = 0; ///< over all streams of the node
  double false_alarms_per_week = analysis::default_false_alarms_per_week;
};

/// internal: tells the directory how many runs of streams an agent has counted.
struct runs_counted {
  uint32_t stream_runs = 0;
};
using run_counter_actor = caf::typed_actor<caf::reacts_to<runs_counted>>;

/// Services an agent's actor depends on.
struct agent_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  std::shared_ptr<const results_board> results;
  event_sink_actor events;
  /// Known agents at most; further names are refused. Default: 10,000,000.
  uint64_t max_known = defaults::max_known_agents;
  run_counter_actor run_counter = {}; ///< set by the directory
};

/// Asks an agent to validate itself by policy threshold and to act on it: to capture a baseline when it has regressed
/// in another way than last time, and to tell that.
struct judge_agent {
  stored_agent who;
  double pass_rate = 0; ///< of the node's tests; NaN when unknown
  /// Why a baseline must be captured whatever the validation says; empty: only after a regression.
  std::string shift = {};
};

/// What came of it.
struct agent_judgement {
  bool is_regressed = false;
  bool is_confirmed = false;
  bool is_captured = false;
};

/// internal: asks an agent's actor whether it is idle, so that the directory may end it.
struct may_go {};

/// internal: the answer.
struct idle_report {
  uint64_t handled = 0; ///< requests that the actor has received, this one excluded
  bool is_idle = false; ///< whether it waits neither for the disk nor for another service
};

/// The actor of one agent, as the directory sees it.
using kept_agent_actor =
  agent_actor::extend<caf::replies_to<may_go>::with<idle_report>, caf::replies_to<judge_agent>::with<agent_judgement>,
                      caf::reacts_to<evidence_threshold>>;

/// The directory as the validator sees it.
using judging_baselines_actor = baselines_actor::extend<caf::replies_to<judge_agent>::with<agent_judgement>>;

/// Spawns the actor of one agent. It reads the agent's record with its first request. It is the only writer of the
/// agent's keys, which makes version numbers gapless; it changes its state at once and answers when that is durable, so
/// concurrent captures share a write. When a write fails, all that were made on top of it fail too and the stored state
/// is read again. A record that cannot be read fails each request with ec::corrupt.
kept_agent_actor spawn_agent(caf::actor_system& system, agent_services services, stored_agent who,
                             evidence_threshold threshold);

} // namespace hive

// Local to a process: the directory and its agents.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::evidence_threshold)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::runs_counted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::judge_agent)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::agent_judgement)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::may_go)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::idle_report)
