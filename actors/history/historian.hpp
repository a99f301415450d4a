#pragma once

#include "actors/history/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

struct historian_services {
  std::shared_ptr<const database> db;
};

/// Spawns the actor that reads and analyses the history of metrics, each time on a thread of its own. It keeps the
/// changes of all metrics until another capture is stored or deleted, and finds them again when they are asked for
/// after that. Refuses nothing for good: an error ends no more than its request.
historian_actor spawn_historian(caf::actor_system& system, historian_services services);

} // namespace hive
