#pragma once

#include "actors/history/api.hpp"
#include "actors/store/api.hpp"
#include "analysis/metric_rules.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>
#include <vector>

namespace hive {

struct historian_services {
  std::shared_ptr<const database> db;
  committer_actor committer = {}; ///< without one, blocks of long series are made for each answer anew
};

struct historian_options {
  std::vector<analysis::configured_rules> rules = {}; ///< the operator's, for metrics
};

/// Spawns the actor that reads and analyses the history of metrics, each time on a thread of its own. It keeps the
/// changes of all metrics until another capture is stored or deleted, and finds them again when they are asked for
/// after that. Stores what makes the next answer about a long series faster (HistoryBlock). Refuses nothing for
/// good: an error ends no more than its request.
historian_actor spawn_historian(caf::actor_system& system, historian_services services, historian_options options = {});

} // namespace hive
