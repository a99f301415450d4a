#pragma once

#include "actors/upgrade/hooks/api.hpp"
#include "actors/upgrade/hooks/hook_options.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Spawns the actor that runs hooks, with a runner of its own, so that nothing else that a node runs delays them. Ends
/// with ec::invalid for an invalid option. When it is told to end, the running hooks are ended first.
hook_runner_actor spawn_hook_runner(caf::actor_system& system, hook_runner_options options);

} // namespace hive
