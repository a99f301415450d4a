#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/store/api.hpp"
#include "actors/upgrade/api.hpp"
#include "actors/upgrade/version_targets.hpp"
#include "analysis/metric_rules.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <vector>

namespace hive {

struct upgrade_measurer_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  registry_actor registry;
  reference_keeper_actor references;
};

struct upgrade_measurer_options {
  version_targets targets;
  std::vector<analysis::configured_rules> rules; ///< the operator's, for metrics
  /// Called when a measurement begins; what it returns is released when it has ended. May be empty.
  std::function<std::shared_ptr<void>()> hold = {};
};

/// Spawns the actor that takes paired measurements, one after the other. Each round is durable before the next one
/// begins; after a restart an interrupted measurement goes on with the round that was lost. Ends with ec::corrupt when
/// what is stored cannot be read, and with the committer's error when a round cannot be stored.
upgrade_measurer_actor spawn_upgrade_measurer(caf::actor_system& system, upgrade_measurer_services services,
                                              upgrade_measurer_options options);

} // namespace hive
