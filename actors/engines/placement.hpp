#pragma once

#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/ids.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

namespace hive {

/// How an engine's spawns get to other nodes.
enum class spawn_path : uint8_t {
  door, ///< the engine connects with the door of the other node
  link, ///< this node acts for the engine, over its link with the other node
};

/// Node chosen for a spawn.
struct placed {
  node_id node;
  std::string address; ///< address of its door; empty for this node when it has none
};

/// Chooses nodes for the spawn requests of engines. The load of a node is what it publishes plus what this node has
/// placed there too recently to be included. Pure: time is passed in.
class placement {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The requested node, or the least loaded node with all labels out of those that are active and can be reached over
  /// `path`; ties go to this node, then to the lowest id. ec::not_found when there is none, ec::unavailable when the
  /// requested node is not active or cannot be reached.
  caf::expected<placed> choose(wire::NodeList::Reader nodes, wire::SpawnRequest::Reader wanted, spawn_path path,
                               time_point now);

private:
  uint64_t load_of(wire::NodeInfo::Reader node) const;

  std::deque<std::pair<time_point, node_id>> recent_;
};

/// Checks that the issuer of a ticket is this node or an active member according to `nodes`. ec::forbidden with the
/// reason.
caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer);

} // namespace hive
