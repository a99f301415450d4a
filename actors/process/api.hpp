#pragma once

// Child processes.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct RunCommand;
struct RunResult;
} // namespace hive::wire

namespace hive {

/// Runs child processes.
using runner_actor = caf::typed_actor<
  // Runs one process to its end or timeout and answers with its output. ec::process_failed when it cannot be started,
  // ec::overloaded when too many requests wait.
  caf::replies_to<msg<wire::RunCommand>>::with<msg<wire::RunResult>>>;

} // namespace hive
