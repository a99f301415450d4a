#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/benchmark/install/api.hpp"
#include "actors/benchmark/install/install_options.hpp"
#include "actors/process/api.hpp"
#include "actors/store/api.hpp"
#include "messages/install.capnp.h"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// Services the installer depends on.
struct installer_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  runner_actor runner;
  registry_actor registry;
};

/// Spawns the actor that installs benchmarks from git, one at a time, and offers the registry those that are stored. An
/// install counts from the moment its record is durable; what an interrupted one left is removed at the start. An
/// upgrade replaces the record, and the old files stay until no measurement uses them. Fails with ec::corrupt when
/// stored records cannot be read.
caf::expected<installer_actor> spawn_installer(caf::actor_system& system, installer_services services,
                                               install_options options);

} // namespace hive
