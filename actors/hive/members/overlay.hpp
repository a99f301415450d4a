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
  /// Up to so many nodes, this one among them, each links with all.
  size_t mesh_limit = defaults::mesh_limit;
  /// Links that a node seeks above that.
  size_t active = defaults::active_links;
  /// Ticks, on average, between two links that a node makes though it lacks none: 30 s.
  uint32_t ticks_per_exchange = 60;

  /// Links that others may bring on top of `active` before one has to go. Without any, each link made would end one.
  size_t slack() const {
    return active / 2;
  }

  /// ec::invalid naming the option.
  caf::error validate() const;
};

/// The nodes that a node knows and has no link with.
struct unlinked_nodes {
  std::vector<node_id> present; ///< nobody misses them
  std::vector<node_id> absent;  ///< missed, or not heard of since this node's start
};

/// Which nodes a node links with in a hive that is too large for a full mesh. Each seeks a few links with nodes chosen
/// at random and ends one, chosen at random, when others brought it too many: such a graph stays connected when many
/// nodes fail at once (the active view of HyParView, Leitão et al. 2007). HyParView's walks and shuffles, which find
/// nodes to fall back on, have no place here: everybody holds everybody's card.
///
/// Every now and then a node links with one more, whoever it is. So groups of nodes that are content with each other
/// meet again after a partition, and someone notices when all who had a link with a node are gone together with it.
///
/// Pure: who calls it makes and ends the links, and tells of dials that failed.
class overlay {
public:
  overlay(uint64_t seed, overlay_options options = {});

  struct changes {
    std::vector<node_id> dial;  ///< once
    std::vector<node_id> close; ///< end these links
  };
  /// At every pulse of the failure detector, 500 ms. `others` is asked only when someone is to be dialled.
  changes tick(std::vector<node_id> linked, const std::function<unlinked_nodes()>& others);

  /// A link was lost that neither end wanted to end: it is made again first, if there is still somebody.
  void link_lost(const node_id& node);
  /// The node was not to be reached; another one is tried in its place.
  void dial_failed(const node_id& node);

private:
  /// Removes and returns up to `most` at random.
  std::vector<node_id> draw(std::vector<node_id>& from, size_t most);
  void dial(changes& out, const std::vector<node_id>& nodes);
  void dial_missing(changes& out, size_t missing, const std::function<unlinked_nodes()>& others);
  void dial_anybody(changes& out, unlinked_nodes free);

  overlay_options options_;
  std::mt19937_64 random_;
  uint64_t ticks_ = 0;
  std::map<node_id, uint64_t> dialled_; ///< when, while it may still become a link
  std::vector<node_id> lost_;           ///< since the last tick
};

} // namespace hive
