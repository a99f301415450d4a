#pragma once

#include "actors/benchmark/install/api.hpp"
#include "actors/engines/api.hpp"
#include "actors/engines/spawn_policy.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/tracker/api.hpp"
#include "platform/identity/keys.hpp"

#include <caf/fwd.hpp>
#include <functional>

namespace hive {

/// Creates the adapter that runs a command.
using adapter_factory = std::function<adapter_actor(const msg<wire::CommandSpec>&)>;

/// Services the spawner depends on.
struct spawner_services {
  hive_view_actor hive;
  adapter_factory make_adapter;
  research_actor research;
  link_directory_actor links;
  installer_actor installer;
};

struct spawner_options {
  key_pair keys; ///< of this node
  spawn_policy policy;
  /// Whether this is the first spawner in the first epoch of this node. Later ones may be shown tickets that were used
  /// before they started.
  bool is_first = true;
};

/// Spawns the spawner. It issues tickets and spawns actors for them, ends these actors when their engine is gone, and
/// enforces the quotas. When it ends, all spawned actors end. Tickets for benchmarks it passes on to the installer.
spawner_actor spawn_spawner(caf::actor_system& system, spawner_services services, spawner_options options);

} // namespace hive
