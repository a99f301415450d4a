#pragma once

#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/ids.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace hive {

/// How an engine's spawns get to other nodes.
enum class spawn_path : uint8_t {
  door, ///< the engine connects with the door of the other node
  link, ///< this node acts for the engine, over its link with the other node
};

/// Memory that is needed on one GPU of a node.
struct gpu_need {
  uint64_t mib = 0;
  bool shared = false; ///< others may have leases on the same GPU
};

/// The need for so many GB (10⁹ bytes), as a lease would have it.
gpu_need gpu_need_of(double gb, bool shared);

/// Where something may be placed.
struct place_wish {
  std::string node = {};                ///< on this node; empty: on any
  std::vector<std::string> labels = {}; ///< on one with all of these
  std::optional<gpu_need> gpu = {};     ///< on one with such a GPU
  wire::NodeTier tier = {};             ///< on one of this tier or a higher one

  /// A command or a benchmark that needs a GPU gets a whole one.
  static place_wish of(wire::SpawnRequest::Reader request);
};

/// Node chosen for a spawn.
struct placed {
  node_id node;
  std::string address; ///< address of its door; empty for this node when it has none
};

/// Chooses nodes for what engines want to place. The load of a node is what it publishes plus what this instance has
/// placed there too recently to be included. Pure: time is passed in.
class placement {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// The requested node, or the best one out of those that are active, have all labels, the tier and a GPU that can
  /// ever satisfy the need, and can be reached over `path`. With a need for a GPU, nodes where it is free now come
  /// first, then those that promise the earliest start to who waits there, then those with the shortest queue. Then
  /// comes the least loaded; ties go to this node, then to the lowest id.
  ///
  /// ec::not_found when there is none; ec::unsupported when all that is lacking is such a GPU, with what each node has;
  /// ec::unavailable when the requested node is not active or cannot be reached.
  caf::expected<placed> choose(wire::NodeList::Reader nodes, const place_wish& wish, spawn_path path, time_point now);

private:
  struct sent {
    time_point at;
    node_id node;
    bool to_gpu;
  };
  struct rank;

  rank rank_of(wire::NodeInfo::Reader node, const place_wish& wish) const;

  std::deque<sent> recent_;
};

/// Checks that the issuer of a ticket is this node or an active member according to `nodes`. ec::forbidden with the
/// reason.
caf::error check_issuer(wire::NodeList::Reader nodes, const node_id& issuer);

} // namespace hive
