#pragma once

#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "actors/tracker/task_ledger.hpp"
#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"
#include "storage/database.hpp"

#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace hive {

struct tracker_options {
  /// This node's id, the origin of its deltas; its own deltas are rejected as imports. Required.
  std::string node = {};
  /// The tool for task types without any data.
  analysis::heuristic_table heuristics = analysis::default_heuristics();
  /// Maximum number of records; older ones are erased, but their statistics are kept. 0, the default: unlimited.
  uint64_t max_records = 0;
  /// Maximum age of records; older ones are erased, but their statistics are kept. 0, the default: unlimited.
  std::chrono::seconds max_age = std::chrono::seconds{0};
  ledger_options ledger = {};
  /// Limits on other nodes' statistics; a delta beyond them is rejected.
  analysis::hive_limits hive = {};

  /// ec::invalid, naming the option.
  caf::error validate() const;
};

/// Services the tracker depends on.
struct tracker_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
};

/// Spawns the tracker, which reads its statistics from the store. Ends with ec::invalid for an invalid option, with an
/// error when the stored statistics cannot be read, and with the committer.
tracker_actor spawn_tracker(caf::actor_system& system, tracker_services services, tracker_options options);

} // namespace hive
