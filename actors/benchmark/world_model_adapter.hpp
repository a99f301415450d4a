#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace hive {

/// Source of the world-model bridge's counters; without a file or URL, the counters that engines send are used.
struct world_model_options {
  /// JSON of wire::WorldModelStats, read at each measurement.
  std::filesystem::path file;
  /// The same document over HTTP.
  std::string url;
  /// Time limit of a measurement; exceeding it is an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is something. `db` holds what engines sent.
  std::string unavailable_reason(const database& db) const;

  /// ec::invalid when both sources are given or the URL is invalid.
  caf::error validate() const;
};

/// Services the adapter depends on.
struct world_model_services {
  std::shared_ptr<const database> db; ///< with the counters that `inputs` stored
  inputs_actor inputs;
};

/// Spawns adapter `world_model`: flush_rate and correction_density (ratios to the number recorded, higher is better),
/// and hivemind_queries (count, higher is better). The scope of the latter is the counting process, so that raw
/// counters are never compared across a restart.
///
/// Counters from a file or URL pass through `inputs`, like those that engines send, because `inputs` detects and
/// remembers restarts. They are read once regardless of `repeats`: a counter has no variance.
adapter_actor spawn_world_model_adapter(caf::actor_system& system, world_model_services services,
                                        world_model_options options);

} // namespace hive
