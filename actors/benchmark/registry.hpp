#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/api.hpp"
#include "actors/events/events.hpp"
#include "actors/store/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/snapshot.capnp.h"
#include "storage/database.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hive {

struct registry_options {
  /// Name of this node in its snapshots.
  std::string node;
  /// The machine, as it stands in every snapshot.
  msg<wire::Environment> environment;
  /// Git checkout whose HEAD is a capture's git sha when none is given; empty: none.
  std::filesystem::path checkout;
  /// Times that each adapter measures when a capture names no number. At least 1.
  uint32_t repeats = 1;
  std::vector<adapter_definition> builtin;
  /// Makes the adapter of a command that is registered at run time.
  std::function<adapter_definition(const msg<wire::CommandSpec>&)> command_adapter;
  event_sink_actor events = {}; ///< told of captures and imports
};

/// Spawns the registry. It spawns its adapters, replaces those that end or hang, and reads registered commands from
/// the store; when that fails it ends with the error.
registry_actor spawn_registry(caf::actor_system& system, std::shared_ptr<database> db, committer_actor committer,
                              registry_options options);

} // namespace hive
