#pragma once

#include "actors/benchmark/measure_once.hpp"
#include "actors/upgrade/stages/api.hpp"
#include "analysis/canary_stage.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"

#include <caf/error.hpp>
#include <caf/fwd.hpp>

namespace hive {

/// The services that know how this node does; those of criteria that are off are not needed.
struct stage_watcher_services {
  /// The tracker.
  caf::typed_actor<caf::replies_to<msg<wire::TaskTotalsQuery>>::with<msg<wire::TaskTotals>>> tasks;
  /// The inputs of the fast adapters.
  caf::typed_actor<caf::replies_to<msg<wire::InputTotalsQuery>>::with<msg<wire::InputTotals>>> inputs;
  /// The registry: adapters guardrail and world_model, and snapshots.
  caf::typed_actor<caf::replies_to<measure_once>::with<measured_once>,
                   caf::replies_to<msg<wire::SnapshotQuery>>::with<msg<wire::Snapshot>>>
    benchmarks;
  /// The upgrade checker.
  caf::typed_actor<caf::replies_to<msg<wire::UpgradeQuery>>::with<msg<wire::UpgradeCheck>>> checker;
  stage_listener_actor listener;
};

struct stage_watcher_options {
  node_id self; ///< required
  /// By what stages are judged; their durations and blocks are those of each stage.
  analysis::canary_options health = {};

  /// ec::invalid, naming the option.
  caf::error validate() const;
};

/// Spawns the actor that observes stages. Ends with ec::invalid for an invalid option. What it observed is kept in this
/// node's slot: after a restart it goes on from there, and what a crash took with it was not observed.
stage_watcher_actor spawn_stage_watcher(caf::actor_system& system, stage_watcher_services services,
                                        stage_watcher_options options);

} // namespace hive
