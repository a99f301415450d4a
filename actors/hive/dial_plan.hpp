#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/endpoint.hpp"
#include "messages/ids.hpp"

#include <map>
#include <random>
#include <set>
#include <vector>

namespace hive {

struct dial_options {
  std::chrono::milliseconds min_delay = defaults::redial_min; ///< before the second attempt
  std::chrono::milliseconds max_delay = defaults::redial_max;
  size_t max_targets = defaults::max_dial_targets;
  size_t max_dials = defaults::max_greetings / 2; ///< at once; the other half is for those who dial this node
};

/// Where a node dials and when: addresses it was told to join, and doors of nodes with a higher id. An address is left
/// alone while the node that was found there is linked, and dialled until it is otherwise, ever less often, at times
/// that differ by chance so that nodes which lost each other together do not dial each other together for ever. Pure:
/// time is passed in.
class dial_plan {
public:
  using time_point = std::chrono::steady_clock::time_point;

  dial_plan(dial_options options, uint64_t seed) : options_{options}, random_{seed} {
  }

  /// Dials this address from `now` on. False when there are too many.
  bool add(const endpoint& at, time_point now);

  /// The same for a node whose door is at `at`, unless the node is a target under another address already.
  bool add(const endpoint& at, const node_id& node, time_point now);

  /// Addresses to dial now; each counts as being dialled until `over` or `failed`.
  std::vector<endpoint> due(time_point now);

  /// When `due` may have something next; nothing when only the end of a dial or of a link can change that.
  std::optional<time_point> next() const;

  /// The dial led to this node, with which there is a link now.
  void linked(const endpoint& at, const node_id& node);

  /// The dial failed; true when it failed otherwise than the last time, which is worth a line in the log.
  bool failed(const endpoint& at, const std::string& why, time_point now);

  /// This address is not worth dialling again.
  void forget(const endpoint& at);

  /// A link with this node stands, whoever dialled: its address is left alone.
  void link_up(const node_id& node);
  /// It is lost: its address is dialled again after the shortest delay.
  void link_down(const node_id& node, time_point now);

private:
  struct target {
    std::optional<node_id> node; ///< found there the last time
    time_point when;
    uint32_t failures = 0;
    std::string failure;
    bool dialling = false;
  };

  std::chrono::milliseconds delay(uint32_t failures);

  dial_options options_;
  std::mt19937_64 random_;
  std::map<endpoint, target> targets_;
  std::set<node_id> linked_;
  size_t dials_ = 0;
};

} // namespace hive
