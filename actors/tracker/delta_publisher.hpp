#pragma once

#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "storage/database.hpp"

#include <memory>

namespace hive {

/// Spawns the actor that stores the last published delta, for HART OS, which reads it over HTTP. Hivemark's nodes do
/// not need it: they share statistics as slots. Ends with an error when the stored delta cannot be read.
publisher_actor spawn_delta_publisher(caf::actor_system& system, std::shared_ptr<database> db,
                                      committer_actor committer);

} // namespace hive
