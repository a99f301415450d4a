#pragma once

#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Spawns the keeper of the delta that was handed over last: for HART OS, which reads it over HTTP. Hivemark's nodes
/// need none; they share their statistics as slots. It ends with the error when the stored delta cannot be read.
publisher_actor spawn_delta_publisher(caf::actor_system& system, std::shared_ptr<database> db,
                                      committer_actor committer);

} // namespace hive
