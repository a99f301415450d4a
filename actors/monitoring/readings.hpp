#pragma once

#include "actors/benchmark/capture_tally.hpp"
#include "messages/backup.capnp.h"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/door.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/history.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "platform/process_usage.hpp"
#include "storage/write_progress.hpp"

#include <optional>
#include <string>
#include <vector>

namespace hive {

/// What a node knows of itself without asking a service.
struct node_figures {
  std::string id;
  std::string name;
  std::string tier;
  std::string version;           ///< of Hivemark
  std::string not_ready;         ///< why the node is not ready; empty when it is
  uint64_t store_bytes = 0;      ///< of the store's files
  uint64_t store_free_bytes = 0; ///< on its disk
  uint64_t store_need_bytes = 0; ///< below which writes are refused
  write_durations writes;
  int64_t https_until = 0; ///< end of the HTTPS certificate in seconds since 1970; 0: there is none
  process_usage process;
  std::vector<adapter_runs> runs; ///< of all captures since the start
};

/// What the services answered to one look at the node; absent: no answer in time.
struct readings {
  node_figures node;
  std::optional<msg<wire::HiveStatus>> hive;
  std::optional<msg<wire::NodeList>> nodes;
  std::optional<msg<wire::GpuList>> gpus;
  std::optional<msg<wire::LeaseList>> leases;
  std::optional<msg<wire::ClusterUpgradeList>> upgrades;
  std::optional<msg<wire::TaskTotals>> tasks;
  std::optional<msg<wire::Backups>> backups;
  std::optional<msg<wire::MetricList>> moved; ///< those of the measured metrics that moved lately
  std::optional<msg<wire::LatestResults>> results;
  std::vector<std::string> missing; ///< names of services without an answer
};

} // namespace hive
