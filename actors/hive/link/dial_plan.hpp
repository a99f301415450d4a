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
  std::chrono::milliseconds min_delay = defaults::redial_min; ///< before the second attempt
  std::chrono::milliseconds max_delay = defaults::redial_max;
  size_t max_targets = defaults::max_dial_targets;
  size_t max_dials = defaults::max_handshakes / 2; ///< at once; the other half is for those who dial this node
};

/// Where a node dials and when: addresses it was told to join, and doors of nodes with a higher id. An address is left
/// alone while the node that was found there is linked, and dialled until it is otherwise, ever less often, at times
/// that differ by chance so that nodes which lost each other together do not dial each other together for ever. A node
/// that has moved is dialled where it is now.
///
/// A node can also be dialled just once. Behind that, or when no link with it is wanted any more, it is forgotten, but
/// an address that this node was told to join rests only: it is dialled again when no link at all is left. Pure: time
/// is passed in.
class dial_plan {
public:
  using time_point = std::chrono::steady_clock::time_point;

  dial_plan(dial_options options, uint64_t seed) : options_{options}, random_{seed} {
  }

  /// Dials this address from `now` on. False when there are too many.
  bool add(const endpoint& at, time_point now);

  /// The same for a node that says its door is at `at`, from now on nowhere else: an earlier door of it is forgotten.
  /// While the node is found at an address to join, the door is spare: it is dialled once that address fails.
  bool add(const endpoint& at, const node_id& node, time_point now);

  /// Dials the door of this node now and only once. False when there are too many.
  bool add_once(const endpoint& at, const node_id& node, time_point now);

  /// No link with this node is wanted any more.
  void rest(const node_id& node);

  /// Who is expected at this address, if it is dialled only once.
  std::optional<node_id> expected_once(const endpoint& at) const;

  /// Addresses to dial now; each counts as being dialled until `over` or `failed`.
  std::vector<endpoint> due(time_point now);

  /// When `due` may have something next; nothing when only the end of a dial or of a link can change that.
  std::optional<time_point> next() const;

  /// The dial led to this node, with which there is a link now.
  void linked(const endpoint& at, const node_id& node);

  /// The dial failed; true when it is repeated and failed otherwise than the last time, which is worth a line in the
  /// log.
  bool failed(const endpoint& at, const std::string& why, time_point now);

  /// This address is not worth dialling again.
  void forget(const endpoint& at);

  /// A link with this node stands, whoever dialled: its address is left alone.
  void link_up(const node_id& node);
  /// It is lost: its address is dialled again after the shortest delay, and those that rest when it was the last link.
  void link_down(const node_id& node, time_point now);

private:
  struct target {
    std::optional<node_id> node; ///< found there the last time
    time_point when;
    uint32_t failures = 0;
    std::string failure;
    bool dialling = false;
    bool to_join = false; ///< told at the start
    bool once = false;    ///< rests after the next attempt, whatever comes of it
    bool resting = false;
  };
  using targets = std::map<endpoint, target>;

  bool is_wanted(const target& what) const;
  bool is_spare(const target& what) const;
  void leave_earlier(const node_id& node, const endpoint& now_at);
  target* find_or_add(const endpoint& at, time_point now);
  /// Returns what comes behind it.
  targets::iterator rest(targets::iterator what);
  std::chrono::milliseconds delay(uint32_t failures);

  dial_options options_;
  std::mt19937_64 random_;
  targets targets_;
  std::set<node_id> linked_;
  size_t dials_ = 0;
};

} // namespace hive
