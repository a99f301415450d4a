#pragma once

#include "actors/store/api.hpp"
#include "actors/upgrade/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

struct reference_keeper_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
};

/// Spawns the actor that keeps the reference version of each track. Moves are made one after the other.
reference_keeper_actor spawn_reference_keeper(caf::actor_system& system, reference_keeper_services services);

} // namespace hive
