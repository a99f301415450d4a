#pragma once

#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/ids.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <deque>
#include <utility>

namespace hive {

/// Where something shall be spawned.
struct placed {
  node_id node;
  std::string address; ///< of its door
};

/// Chooses nodes for what engines want to spawn. A node's load is what it says that lives on it, and what this node
/// sent there in the last moments, of which it cannot have told yet. Pure: time is passed in.
class placement {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The node that is asked for, or the active one with all the labels and the least load; of equals this node, then
  /// the one with the lowest id. ec::not_found when there is none, ec::unavailable when the one that is asked for is
  /// not active or has no door.
  caf::expected<placed> choose(wire::NodeList::Reader nodes, wire::SpawnRequest::Reader wanted, time_point now);

private:
  uint64_t load_of(wire::NodeInfo::Reader node) const;

  std::deque<std::pair<time_point, node_id>> recent_;
};

/// Whether this node's tickets count: one that is this node or an active member, as `nodes` has it. ec::forbidden with
/// the reason.
caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer);

} // namespace hive
