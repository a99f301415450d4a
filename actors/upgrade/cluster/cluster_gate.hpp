#pragma once

#include "actors/events/api.hpp"
#include "actors/store/api.hpp"
#include "actors/upgrade/api.hpp"
#include "actors/upgrade/cluster/api.hpp"
#include "actors/upgrade/cluster/proposal_request.hpp"
#include "actors/upgrade/hooks/api.hpp"
#include "analysis/metric_rules.hpp"
#include "messages/cluster_upgrade.capnp.h"
#include "platform/identity/node_identity.hpp"
#include "storage/database.hpp"

#include <caf/expected.hpp>
#include <caf/fwd.hpp>
#include <memory>
#include <string>
#include <vector>

namespace hive {

/// A configured member of all tracks.
struct gate_member {
  node_id node;
  uint32_t weight = 1;
  wire::NodeTier tier{};
};

struct cluster_gate_options {
  key_pair keys;      ///< of this node
  uint64_t epoch = 0; ///< of this node; greater with every start
  /// Names of the tracks, at most four. Nodes that give a number another name do not decide together.
  std::vector<std::string> tracks = {"main"};
  /// The first generation of members, at most 32; none: this node alone.
  std::vector<gate_member> members;
  uint8_t slack = 0; ///< lying members that the seal bears, at most 1
  proposal_defaults proposals;
  std::vector<analysis::configured_rules> rules; ///< the operator's, for metrics
  bool reruns_unknown_hooks = false;

  /// Fails with ec::invalid; the text begins with the option's key.
  caf::error validate() const;
};

struct cluster_gate_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  event_sink_actor events = {};
  upgrade_measurer_actor measurer; ///< for proposals that are judged by paired measurements
  hook_runner_actor hooks;
};

/// Spawns the actor that drives a gate_core: it stores, publishes, judges and runs what the core asks for. It takes
/// part once the federation has started. What it tells is durable first. Ends with ec::corrupt when what is stored
/// cannot be read, with ec::invalid for an invalid option, and with the committer's error when something cannot be
/// stored.
cluster_gate_actor spawn_cluster_gate(caf::actor_system& system, cluster_gate_services services,
                                      cluster_gate_options options);

} // namespace hive
