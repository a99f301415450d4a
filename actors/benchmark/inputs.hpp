#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/store/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// Services the inputs depend on.
struct inputs_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
};

/// Spawns the actor that stores what engines send for the fast adapters. Requests that arrive during a write are
/// gathered and written together. Each is answered once durable; a failed one leaves the state unchanged. Ends with
/// ec::corrupt when the stored inputs cannot be read, and with the committer.
inputs_actor spawn_inputs(caf::actor_system& system, inputs_services services);

} // namespace hive
