#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/api.hpp"
#include "actors/benchmark/capture_tally.hpp"
#include "actors/events/api.hpp"
#include "actors/results_board.hpp"
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

/// Services the registry depends on.
struct registry_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  event_sink_actor events = {};   ///< receives events about captures, imports and deletions
  worker_pool_actor workers = {}; ///< knows the workers; needed to register one
  std::shared_ptr<results_board> results = std::make_shared<results_board>(); ///< shows the newest results
};

/// Called when a capture begins; what it returns is released when the capture has ended.
using registry_hold = std::function<std::shared_ptr<void>()>;

struct registry_options {
  /// This node's name in its snapshots.
  std::string node;
  /// The machine, as recorded in every snapshot.
  msg<wire::Environment> environment;
  /// Git checkout; captures that state no git sha record that of its HEAD. Empty: no default.
  std::filesystem::path checkout;
  /// Measurements per adapter when a capture does not say. At least 1.
  uint32_t repeats = 1;
  std::vector<adapter_definition> builtin;
  /// Counts the captures of the node; several registries may share it. Never null.
  std::shared_ptr<capture_tally> captures = std::make_shared<capture_tally>();
  /// Keeps the registry's owner from ending it during a capture that nobody waits for. May be empty.
  registry_hold hold = {};
  /// Makes the adapter for a command registered at run time.
  std::function<adapter_definition(const msg<wire::CommandSpec>&)> command_adapter;
  /// Makes an adapter that workers run.
  std::function<adapter_definition(const msg<wire::WorkerAdapter>&)> worker_adapter = {};
};

/// Spawns the registry, which spawns its adapters, replaces those that end or hang, and captures snapshots with them.
/// It reads the commands registered earlier from the store; if that fails, it ends with the error.
registry_actor spawn_registry(caf::actor_system& system, registry_services services, registry_options options);

} // namespace hive
