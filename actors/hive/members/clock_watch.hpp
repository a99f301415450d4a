#pragma once

#include "messages/ids.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace hive {

using clock_difference = std::chrono::microseconds;

/// Result of comparing the clocks of a hive.
struct clock_verdict {
  /// Offset from the clock of this node on which more than half of the clocks agree; none without such a majority.
  std::optional<clock_difference> hive_ahead;
  bool own_is_off = false;  ///< this node's clock deviates from the majority
  std::vector<node_id> off; ///< nodes that deviate from the majority; without a majority, from this node

  bool is_fine() const {
    return !own_is_off && off.empty();
  }
};

/// Compares the offsets of other clocks from that of this node. Two clocks agree when they differ by at most `limit`.
/// The majority decides which are right, this node included, so two nodes that differ cannot tell.
clock_verdict compare_clocks(const std::map<node_id, clock_difference>& ahead, clock_difference limit);

/// Offset of a clock that showed `theirs` at some moment of a round trip that ended at `now` on the clock of this node.
/// The error is at most half the round trip.
clock_difference ahead_of(int64_t theirs_unix_micros, int64_t now_unix_micros, std::chrono::microseconds round_trip);

/// Compares the clock of this node with those of linked nodes as their answers arrive. Nothing in a hive is ordered by
/// clocks, but certificates, tickets and cards are checked against them, and people read times in logs. Pure.
class clock_watch {
public:
  explicit clock_watch(clock_difference limit) : limit_{limit} {
  }

  /// Records the newest offset of a linked node.
  void update(const node_id& from, clock_difference ahead);
  /// Compares this node's clock with its monotonic clock. If the clock was set since the last call, the offsets of all
  /// others have changed by as much; otherwise this node would blame them until each has answered again.
  void follow_own(std::chrono::steady_clock::time_point steady, int64_t now_unix_micros);
  /// The link is lost, so its offset is unknown.
  void forget(const node_id& node);

  const clock_verdict& verdict() const {
    return verdict_;
  }

  /// Offset of the node's clock from that of this node; 0 when unknown.
  clock_difference ahead(const node_id& node) const;

  /// The verdict as a sentence; empty when all clocks agree.
  std::string text() const;

  /// Whether the set of deviating clocks has changed since the last call: worth a log line.
  bool has_changed();

private:
  void judge();

  clock_difference limit_;
  std::optional<clock_difference> own_; ///< of this node's clock from its monotonic clock, at the last call
  std::map<node_id, clock_difference> ahead_;
  clock_verdict verdict_;
  bool changed_ = false;
};

} // namespace hive
