#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/link/api.hpp"
#include "messages/ids.hpp"
#include "platform/endpoint.hpp"

#include <map>
#include <random>
#include <set>
#include <vector>

namespace hive {

struct dial_options {
  std::chrono::milliseconds min_delay = defaults::redial_min; ///< between the first and the second attempt
  std::chrono::milliseconds max_delay = defaults::redial_max;
  size_t max_targets = defaults::max_dial_targets;
  size_t max_dials = defaults::max_handshakes / 2; ///< concurrent; the other half is left for incoming connections
};

/// Where and when a node dials: the addresses that it was told to join, and doors of nodes with a higher id. An address
/// is dialled with exponential back-off and jitter until its node is linked, and again when that link is lost. The
/// jitter keeps nodes that lost each other at the same time from retrying in lockstep. A node that has moved is dialled
/// at its new address.
///
/// A node can also be dialled just once. After that attempt, or when no link with it is wanted any more, its address is
/// forgotten. An address to join is only suspended: it is dialled again when no link at all is left. Pure: time is
/// passed in.
class dial_plan {
public:
  using time_point = std::chrono::steady_clock::time_point;

  dial_plan(dial_options options, uint64_t seed) : options_{options}, random_{seed} {
  }

  /// Adds an address to join, dialled from `now` on. False when the plan is full.
  bool add(const endpoint& at, time_point now);

  /// Adds the door of a node, in place of its earlier one. While the node is linked through an address to join, its
  /// door is a spare: it is dialled once that address fails. False when the plan is full.
  bool add(const endpoint& at, const node_id& node, time_point now);

  /// Schedules a single, immediate attempt to dial the door of `node`. False when the plan is full.
  bool add_once(const endpoint& at, const node_id& node, time_point now);

  /// Stops dialling this node.
  void rest(const node_id& node);

  /// The node expected at this address, if it is dialled only once.
  std::optional<node_id> expected_once(const endpoint& at) const;

  /// Addresses to dial now. Each counts as being dialled until `linked`, `failed` or `forget`.
  std::vector<endpoint> due(time_point now);

  /// When to call `due` next; none when only the end of a dial or of a link can change the plan.
  std::optional<time_point> next() const;

  /// The dial ended with a link to this node.
  void linked(const endpoint& at, const node_id& node);

  /// The dial failed. True when it will be retried and the reason differs from the last one: worth a log line.
  bool failed(const endpoint& at, const std::string& why, time_point now);

  /// Removes the address.
  void forget(const endpoint& at);

  /// The node is linked, whichever end dialled: its address is not dialled.
  void link_up(const node_id& node);
  /// The link is lost: its address is dialled again after the shortest delay. Suspended addresses are resumed when it
  /// was the last link.
  void link_down(const node_id& node, time_point now);

private:
  struct target {
    std::optional<node_id> node; ///< found there at the last dial
    time_point when;
    uint32_t failures = 0;
    std::string failure;
    bool dialling = false;
    bool to_join = false; ///< from the configuration
    bool once = false;    ///< suspended or forgotten after the next attempt, whatever its result
    bool resting = false;
  };
  using targets = std::map<endpoint, target>;

  bool is_wanted(const target& what) const;
  bool is_spare(const target& what) const;
  void leave_earlier(const node_id& node, const endpoint& now_at);
  target* find_or_add(const endpoint& at, time_point now);
  /// Returns the next target.
  targets::iterator rest(targets::iterator what);
  std::chrono::milliseconds delay(uint32_t failures);

  dial_options options_;
  std::mt19937_64 random_;
  targets targets_;
  std::set<node_id> linked_;
  size_t dials_ = 0;
};

} // namespace hive
