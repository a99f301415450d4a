#pragma once

#include "actors/hive/members/membership.hpp"
#include "actors/hive/state/slot.hpp"

#include <map>
#include <optional>

namespace hive {

/// The pushing of news to one linked node, and from it.
///
/// At first news goes to all links. A node that gets the same twice tells the one that came late that it need not push
/// to it, as long as others do. So few links carry most news, close to a spanning tree with some spare ways (Plumtree,
/// Leitão et al. 2007, keeps a tree alone; here each node keeps defaults::push_degree links in either direction, so
/// that a lost node cuts nobody off). What is missed all the same comes with the next round.
struct push_lane {
  bool to_it = true;   ///< news goes to it
  bool from_it = true; ///< it pushes news, as far as this node knows
  /// Origins of which it lacks something: it is assumed to have all up to the stamp.
  std::map<node_id, write_stamp> pending;
  std::optional<tick_point> pushed; ///< when last

  void add(const std::map<node_id, write_stamp>& news) {
    for (const auto& [origin, since] : news)
      pending.try_emplace(origin, since); // the earlier stamp stays
  }
};

} // namespace hive
