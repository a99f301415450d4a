#pragma once

#include "actors/defaults.hpp"
#include "actors/hive/members/membership.hpp"
#include "messages/ids.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace hive {

struct hearing_options {
  std::chrono::milliseconds settle = defaults::hearing_settle;     ///< for known nodes without a link
  std::chrono::milliseconds patience = defaults::hearing_patience; ///< for linked nodes
  size_t enough = defaults::active_links; ///< nodes after which no other is waited for, as in a large hive
};

/// Decides when a node that has started may sign slots. Its disk may have been set back: then its next stamps, and its
/// epoch, may be used already, by slots that only other nodes still hold. So it first hears from others what they hold
/// of its own slots. Pure: without clock, and without knowledge of slots.
///
/// The wait ends
///  - when all nodes that are known have been heard, or `enough` of them;
///  - `settle` after the first link, when one has been heard and the others that are known have no link;
///  - `patience` after the first link at the latest: a linked node that does not tell must not silence this one.
/// While no link is up it goes on, for nobody is there to read what would be written. To be heard, a node need not have
/// written anything itself, so nodes that start together do not wait for each other in a circle.
class hearing {
public:
  explicit hearing(hearing_options options = {}) : options_{options} {
  }

  /// The wait begins; without this call there is none.
  void begin() {
    is_over_ = false;
  }

  bool is_over() const {
    return is_over_;
  }

  void link_up(const node_id& node, tick_point now);
  void link_down(const node_id& node);
  /// The linked node holds nothing of this node's slots that this node lacks.
  void heard(const node_id& node);

  /// Ends the wait if it may end. `known` are the other nodes that count. True if it ends now.
  bool advance(const std::vector<node_id>& known, tick_point now);
  /// Ends the wait: the operator vouches for the disk. False if it was over.
  bool vouch();

  /// Number of nodes that were heard.
  size_t count() const {
    return heard_.size();
  }

  /// What the node waits for, in words; empty when the wait is over.
  std::string text(size_t known) const;

private:
  bool may_end(const std::vector<node_id>& known, tick_point now) const;

  hearing_options options_;
  bool is_over_ = true;
  std::set<node_id> linked_;
  std::set<node_id> heard_;
  std::optional<tick_point> since_; ///< first link, of those times in which there was one
};

} // namespace hive
