#pragma once

#include "actors/benchmark/run_adapter.hpp"
#include "actors/gpu/api.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// Services that an adapter under a lease depends on.
struct leased_adapter_services {
  runner_actor runner;
  gpu_scheduler_actor scheduler;
};

/// What a command under a lease gets to know of it.
struct lease_grant {
  /// CUDA_VISIBLE_DEVICES with the uuids, HIVE_LEASE_ID and HIVE_LEASE_TOKEN; also for simulated devices, which no
  /// driver shows.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<uint32_t> minor_numbers; ///< N of each /dev/nvidiaN
  bool simulated = false;
};

/// A benchmark that runs under a lease.
struct leased_plan {
  std::string name; ///< the adapter's; also the lease's holder
  double vram_gb = 0.001;
  uint32_t devices = 1;
  bool timed = true; ///< alone on its devices, and no other timed run on the machine meanwhile
  std::chrono::milliseconds timeout{
    defaults::adapter_timeout};                       ///< of a measurement with all its repeats, on the device
  std::chrono::milliseconds wait{defaults::gpu_wait}; ///< for a device
  bool runs_simulated = false; ///< whether it has a reference for the CPU; else it is skipped on simulated devices
  std::function<std::string()> unavailable_reason; ///< why it would measure nothing, even with a device; may be unset
  std::filesystem::path report_program; ///< hive-gpu-report, which measures bandwidth before and after; empty: none
  /// What runs under the lease.
  std::function<run_plan(const lease_grant&)> plan;
};

/// A command that requires a GPU. It is skipped on simulated devices, of which it knows nothing.
leased_plan leased_plan_of_command(const msg<wire::CommandSpec>& spec);

/// Spawns an adapter that takes a lease for each measurement, runs under it and gives it back. A measurement is skipped
/// where no device can satisfy it; it fails when no device was free within `wait`, or when its lease was taken away.
/// Its evidence says how it was measured. Measurements at the same time wait for each other in the scheduler's queue.
adapter_actor spawn_leased_adapter(caf::actor_system& system, leased_adapter_services services, leased_plan plan);

} // namespace hive
