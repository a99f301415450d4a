#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/link/api.hpp"
#include "messages/ids.hpp"

#include <caf/error.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace hive {

struct overlay_options {
  /// Up to this many nodes, including this one, form a full mesh.
  size_t mesh_limit = defaults::mesh_limit;
  /// Links that a node maintains in a larger hive.
  size_t active = defaults::active_links;
  /// Mean number of ticks between extra links of a node with enough of them: 30 s.
  uint32_t ticks_per_exchange = 60;

  /// Links beyond `active`, made by other nodes, before one is closed. Without slack each new link would close another.
  size_t slack() const {
    return active / 2;
  }

  /// Fails with ec::invalid, naming the option.
  caf::error validate() const;
};

/// Known nodes without a link.
struct unlinked_nodes {
  std::vector<node_id> present; ///< active
  std::vector<node_id> absent;  ///< not active, or without contact since the start of this node
};

/// Chooses the links of a node in a hive that is too large for a full mesh. Each node maintains a few links with random
/// nodes, and closes a random one when others have added too many. Such a graph stays connected when many nodes fail at
/// once (the active view of HyParView, Leitão et al. 2007). The passive view of HyParView is not needed: every node
/// holds the cards of all nodes.
///
/// Now and then a node adds a link with any other node. So groups that are content with their links meet again after a
/// partition, and a node whose neighbours all failed with it is noticed.
///
/// Pure: the caller opens and closes the links and reports failed dials.
class overlay {
public:
  overlay(uint64_t seed, overlay_options options = {});

  struct changes {
    std::vector<node_id> dial;  ///< one attempt each
    std::vector<node_id> close; ///< links to close
  };
  /// Call on every tick of the failure detector, 500 ms. `others` is called only when a node is to be dialled.
  changes tick(std::vector<node_id> linked, const std::function<unlinked_nodes()>& others);

  /// A link was lost without agreement: it is restored first, if possible.
  void link_lost(const node_id& node);
  /// The dial failed; another node is tried instead.
  void dial_failed(const node_id& node);

private:
  /// Removes up to `most` random nodes and returns them.
  std::vector<node_id> draw(std::vector<node_id>& from, size_t most);
  void dial(changes& out, const std::vector<node_id>& nodes);
  void dial_missing(changes& out, size_t missing, const std::function<unlinked_nodes()>& others);
  void dial_anybody(changes& out, unlinked_nodes free);

  overlay_options options_;
  std::mt19937_64 random_;
  uint64_t ticks_ = 0;
  std::map<node_id, uint64_t> dialled_; ///< tick of the dial, while it may still succeed
  std::vector<node_id> lost_;           ///< lost since the last tick
};

} // namespace hive
