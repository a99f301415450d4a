#pragma once

#include "actors/gpu/probe_api.hpp"
#include "actors/gpu/probe_child.hpp"
#include "gpu/probe_watch.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace hive {

struct gpu_probe_services {
  /// Outlives restarts of the actor, so that those do not add up to more stuck probes than allowed.
  std::shared_ptr<stuck_probes> stuck = std::make_shared<stuck_probes>();
};

struct gpu_probe_options {
  std::filesystem::path program; ///< hive-gpu-probe
  std::string library = "libnvidia-ml.so.1";
  std::chrono::milliseconds interval{1000};            ///< between polls, until `gpu_pace_atom` sets it
  std::vector<resource_limit> limits = default_limits; ///< of the program
  probe_watch_options watch;
};

/// Spawns the actor that runs hive-gpu-probe as a child process and starts it again whenever it ends or is silent; see
/// probe_watch. It waits for no child that hangs: one that cannot be killed is left behind, and reaped if it ever ends.
/// When the actor ends, it kills its child and requests fail with ec::unavailable. A reason to fail by itself it has
/// not.
gpu_probe_actor spawn_gpu_probe(caf::actor_system& system, gpu_probe_services services, gpu_probe_options options);

} // namespace hive
