#pragma once

#include "actors/defaults.hpp"
#include "actors/process/api.hpp"
#include "actors/process/sandbox.hpp"
#include "actors/remote/api.hpp"
#include "messages/benchmark.capnp.h"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hive {

/// Services that a command-running adapter depends on.
struct run_adapter_services {
  runner_actor runner;
};

/// What a command-running adapter runs, and how it reads the results.
struct run_plan {
  std::string name; ///< the adapter's name
  std::vector<std::string> command;
  std::string workdir;
  std::vector<std::pair<std::string, std::string>> environment; ///< added to a minimal environment
  std::chrono::milliseconds timeout{defaults::adapter_timeout}; ///< for a measurement with all its repeats
  uint32_t output_cap = 1 << 20;                                ///< bytes kept of each output stream
  std::optional<sandbox::options> sandbox = {};                 ///< runs the command in one; workdir is then not used
  bool blocks = false; ///< whether `prepare` and `read` take long: they are then called on a thread of their own
  std::function<caf::error()> prepare; ///< called before each run
  /// Converts one run to a measurement. The text of an error says how the command ended.
  std::function<caf::expected<msg<wire::Measurement>>(wire::RunResult::Reader)> read;
};

/// Spawns an adapter that runs a command once per repeat, sequentially, and merges the repeats (see merge_repeats). Its
/// measurements tell what else used the machine from the first run to the last one.
/// Concurrent measurements would disturb each other, so requests queue in order of arrival; ec::busy beyond
/// defaults::max_concurrent_captures. A measurement's time limit starts when its request arrives. When the adapter
/// ends, its process is ended and its requests get ec::unavailable.
adapter_actor spawn_run_adapter(caf::actor_system& system, run_adapter_services services, run_plan plan);

} // namespace hive
