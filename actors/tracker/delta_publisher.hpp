#pragma once

#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// Services the publisher depends on.
struct delta_publisher_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
};

/// Spawns the actor that stores the last published delta, for HART OS, which reads it over HTTP. Hivemark's nodes do
/// not need it: they share statistics as slots. Ends with an error when the stored delta cannot be read.
publisher_actor spawn_delta_publisher(caf::actor_system& system, delta_publisher_services services);

} // namespace hive
