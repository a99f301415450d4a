#pragma once

#include "actors/benchmark/install/api.hpp"
#include "actors/benchmark/install/install_options.hpp"
#include "actors/process/api.hpp"
#include "messages/install.capnp.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <string>

namespace hive {

/// A running install has reached a step.
struct install_step {
  std::string name;
  wire::InstallState state = wire::InstallState::WAITING;
  std::string progress;
};

/// Runs one install.
using install_run_actor = caf::typed_actor<
  // Fetches, builds and moves the files to their place, where nothing uses them yet, and answers with the record to be
  // stored. An error of any step; then nothing is left of it.
  caf::replies_to<msg<wire::InstallBenchmark>>::with<msg<wire::InstalledBenchmark>>>;

/// Spawns the actor of one install, which ends after its answer. It tells `installer` of each step.
install_run_actor spawn_install_run(caf::actor_system& system, runner_actor runner, install_options options,
                                    installer_actor installer);

} // namespace hive

// A message within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::install_step)
