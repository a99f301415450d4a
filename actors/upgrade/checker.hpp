#pragma once

#include "actors/events/api.hpp"
#include "actors/upgrade/api.hpp"
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

/// Spawns the actor that compares two versions by their stored snapshots; deterministic.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, upgrade_checker_services services);

/// One version of a comparison.
struct version_side {
  std::optional<msg<wire::Snapshot>> snapshot;
  std::vector<std::string> similar = {}; ///< similar version names, if there is no snapshot
};

/// The comparison itself.
msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query, const version_side& old_version,
                                          const version_side& new_version);

} // namespace hive
