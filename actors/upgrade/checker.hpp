#pragma once

#include "actors/events/events.hpp"
#include "actors/interfaces.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Spawns the actor that compares two versions from their stored snapshots: the same snapshots give the same answer.
/// `events` is told of verdicts that differ from the last one on the same question.
upgrade_checker_actor spawn_upgrade_checker(caf::actor_system& system, std::shared_ptr<database> db,
                                            event_sink_actor events = {});

/// The comparison itself. A snapshot that is missing is empty here.
msg<wire::UpgradeCheck> compare_snapshots(wire::UpgradeQuery::Reader query,
                                          const std::optional<msg<wire::Snapshot>>& old_snapshot,
                                          const std::optional<msg<wire::Snapshot>>& new_snapshot);

} // namespace hive
