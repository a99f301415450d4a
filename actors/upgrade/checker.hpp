#pragma once

#include "actors/events/api.hpp"
#include "actors/upgrade/api.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// Services the checker depends on.
struct upgrade_checker_services {
  std::shared_ptr<const database> db;
  event_sink_actor events = {}; ///< gets verdicts that differ from the previous one for the same question
};

struct upgrade_checker_options {
  /// The operator's rules for metrics; the first that fits a metric counts. Policy threshold, which is HART OS's rule,
  /// does not use them. Default: none.
  std::vector<analysis::configured_rules> rules;
};

/// Spawns the actor that compares two versions by their stored snapshots; deterministic.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services,
                                            upgrade_checker_options options = {});

/// One version of a comparison.
struct version_side {
  std::optional<msg<wire::Snapshot>> snapshot;
  std::vector<std::string> similar = {}; ///< similar version names, if there is no snapshot
};

/// The comparison itself.
msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query, const version_side& old_version,
                                          const version_side& new_version, const upgrade_checker_options& options = {});

} // namespace hive
