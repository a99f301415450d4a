#pragma once

#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/slot.hpp"

#include <map>
#include <optional>

namespace hive {

/// Pushes to and from one linked node.
///
/// At first new slots go to all links. A node that gets the same slots twice tells the later sender to stop, as long as
/// enough others push to it. So few links carry most pushes, close to a spanning tree with spare edges (Plumtree,
/// Leitão et al. 2007, keeps only a tree; here each node keeps defaults::push_degree links per direction, so that the
/// loss of a node cuts nobody off). The next round repairs what is missed.
struct push_lane {
  bool to_it = true;      ///< this node pushes to the peer
  bool from_it = true;    ///< the peer pushes to this node, as far as known
  bool is_urgent = false; ///< what is pending waits for no more than defaults::urgent_interval
  /// Origins with slots to push. The peer should have everything up to the stamp.
  std::map<node_id, write_stamp> pending;
  std::optional<tick_point> pushed; ///< time of the last push

  void add(const std::map<node_id, write_stamp>& news) {
    for (const auto& [origin, since] : news)
      pending.try_emplace(origin, since); // keeps the earlier stamp
  }
};

} // namespace hive
