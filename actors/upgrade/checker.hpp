#pragma once

#include "actors/interfaces.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Spawns the actor that compares two versions from their stored snapshots. It keeps nothing: the same snapshots give
/// the same answer.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, std::shared_ptr<database> db);

/// The comparison itself. A snapshot that is missing is empty here.
msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query,
                                          const std::optional<msg<wire::Snapshot>>& old_snapshot,
                                          const std::optional<msg<wire::Snapshot>>& new_snapshot);

} // namespace hive
