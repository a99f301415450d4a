#pragma once

#include "actors/defaults.hpp"
#include "actors/process/api.hpp"
#include "actors/process/child_process.hpp"
#include "actors/process/sandbox_host.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <vector>

namespace hive {

/// Number of processes and their limits.
struct runner_options {
  size_t max_processes = defaults::max_processes; ///< concurrent processes; at least 1
  /// requests waiting for a process slot; further ones get ec::overloaded
  size_t max_waiting = defaults::max_waiting_processes;
  std::chrono::milliseconds kill_grace{defaults::process_kill_grace}; ///< between SIGTERM and SIGKILL
  std::vector<resource_limit> limits = default_limits;                ///< limits of every process outside of sandboxes
  sandbox::host_options sandboxes;

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// Spawns a node's runner. Requests beyond `max_processes` wait in order of arrival. A command's time limit starts when
/// its request arrives, so that requesters know when to expect the answer.
///
/// A request with a sandbox is run in one, as far as this machine can make one; see docs/explanation/sandbox.md.
///
/// When a requester ends, its processes are ended too. When the runner is told to end, it refuses new requests, fails
/// the waiting ones (ec::unavailable), ends the running ones, and quits after the last process is gone.
runner_actor spawn_runner(caf::actor_system& system, runner_options options = {});

} // namespace hive
