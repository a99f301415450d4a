#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/benchmark/blocking_adapter.hpp"
#include "actors/defaults.hpp"
#include "actors/remote/api.hpp"
#include "storage/database.hpp"

#include <filesystem>
#include <memory>

namespace hive {

/// Where the world-model bridge's counters are read; with neither, those that engines push are taken.
struct world_model_options {
  /// JSON of wire::WorldModelStats, read at each measurement.
  std::filesystem::path file;
  /// The same document over HTTP.
  std::string url;
  /// A measurement that takes longer is cut and reported as an error.
  std::chrono::milliseconds timeout = defaults::adapter_timeout;

  /// Why there is nothing to measure; empty when there is. `db` holds what engines pushed.
  std::string why_idle(const database& db) const;

  /// ec::invalid when both sources are given, or the URL is none.
  caf::error validate() const;
};

/// Adapter `world_model`: flush_rate and correction_density (ratios to what was recorded, higher), and hivemind_queries
/// (count, higher), whose scope is the counting process, so that a raw counter never compares across a restart.
///
/// Counters from a file or URL go through `inputs` like pushed ones: that is where restarts are seen and remembered.
/// They are read once whatever the number of repeats; a counter has no spread.
adapter_actor::behavior_type world_model_adapter(blocking_adapter_state::pointer self,
                                                 std::shared_ptr<const database> db, inputs_actor inputs,
                                                 world_model_options options);

} // namespace hive
