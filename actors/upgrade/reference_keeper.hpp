#pragma once

#include "actors/store/api.hpp"
#include "actors/upgrade/api.hpp"
#include "actors/upgrade/checker.hpp"
#include "actors/upgrade/verdict_tally.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <string>

namespace hive {

struct reference_keeper_options {
  upgrade_checker_options check; ///< by which a version is judged that an operator makes the reference unmeasured
  /// Called with the counts of a track that changed, and at the start with those of all; may be empty.
  std::function<void(const std::string& track, const track_verdicts& counts)> show = {};
};

struct reference_keeper_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
};

/// Spawns the actor that keeps the reference version of each track. Moves are made one after the other. The counts of
/// verdicts are those of the stored measurements and moves at the start, and of what came since.
reference_keeper_actor spawn_reference_keeper(caf::actor_system& system, reference_keeper_services services,
                                              reference_keeper_options options = {});

} // namespace hive
