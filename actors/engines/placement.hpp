#pragma once

#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/ids.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <deque>
#include <utility>

namespace hive {

/// Node chosen for a spawn.
struct placed {
  node_id node;
  std::string address; ///< address of its door
};

/// Chooses nodes for the spawn requests of engines. The load of a node is what it publishes plus what this node has
/// placed there too recently to be included. Pure: time is passed in.
class placement {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The requested node, or the least loaded active node with all labels; ties go to this node, then to the lowest id.
  /// ec::not_found when there is none, ec::unavailable when the requested node is not active or has no door.
  caf::expected<placed> choose(wire::NodeList::Reader nodes, wire::SpawnRequest::Reader wanted, time_point now);

private:
  uint64_t load_of(wire::NodeInfo::Reader node) const;

  std::deque<std::pair<time_point, node_id>> recent_;
};

/// Checks that the issuer of a ticket is this node or an active member according to `nodes`. ec::forbidden with the
/// reason.
caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer);

} // namespace hive
