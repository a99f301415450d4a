#pragma once

#include "messages/ids.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

using clock_difference = std::chrono::microseconds;

/// What the clocks of a hive say about each other.
struct clock_verdict {
  /// What more than half of the clocks show, against this node's; nothing while no such group agrees.
  std::optional<clock_difference> hive_ahead;
  bool own_is_off = false;  ///< this node's differs from that
  std::vector<node_id> off; ///< whose differ from that; without it, whose differ from this node's

  bool is_fine() const {
    return !own_is_off && off.empty();
  }
};

/// Judges by how much the other nodes' clocks are ahead of this one's. Two clocks agree when they differ by `limit` at
/// most. Which ones are right is decided by the majority, this node among it: so two nodes that differ never know.
clock_verdict compare_clocks(const std::map<node_id, clock_difference>& ahead, clock_difference limit);

/// By how much a clock is ahead that showed `theirs` at some moment of a round trip that ended at `now` by this node's
/// clock. Wrong by half the round trip at most.
clock_difference ahead_of(int64_t theirs_unix_micros, int64_t now_unix_micros, std::chrono::microseconds round_trip);

/// Compares this node's clock with those of the nodes that it is linked with, as their answers come. Nothing in a hive
/// is ordered by clocks; but certificates, tickets and cards are judged by them, and people read times in logs. Pure.
class clock_watch {
public:
  explicit clock_watch(clock_difference limit) : limit_{limit} {
  }

  /// The newest difference of a linked node.
  void update(const node_id& from, clock_difference ahead);
  /// Its link is lost, and what its clock shows now is unknown.
  void forget(const node_id& node);

  const clock_verdict& verdict() const {
    return verdict_;
  }

  /// By how much the node's clock is ahead of this one's; 0 when unknown.
  clock_difference ahead(const node_id& node) const;

  /// The verdict as a sentence; empty when all is fine.
  std::string text() const;

  /// Whether another set of clocks is off than at the last call: worth a line in the log.
  bool has_changed();

private:
  void judge();

  clock_difference limit_;
  std::map<node_id, clock_difference> ahead_;
  clock_verdict verdict_;
  bool changed_ = false;
};

} // namespace hive
