#pragma once

#include "actors/backup/api.hpp"
#include "actors/gpu/api.hpp"
#include "actors/history/api.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/monitoring/api.hpp"
#include "actors/monitoring/metric_page.hpp"
#include "actors/results_board.hpp"
#include "actors/tracker/api.hpp"
#include "actors/upgrade/cluster/api.hpp"

#include <functional>
#include <memory>

namespace prometheus {
class Registry;
}

namespace hive {

struct monitor_services {
  federation_actor federation;
  gpu_scheduler_actor gpus;
  cluster_gate_actor gate;
  tracker_actor tracker;
  backups_actor backups;
  historian_actor historian;
  std::shared_ptr<const results_board> results;
  std::shared_ptr<const prometheus::Registry> counted; ///< what services count themselves
  std::function<node_figures()> node;                  ///< must be fast; called by the monitor alone
};

monitor_actor spawn_monitor(caf::actor_system& system, monitor_services services, metric_bounds bounds);

} // namespace hive
