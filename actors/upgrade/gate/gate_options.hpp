#pragma once

#include "actors/upgrade/gate/statement.hpp"

namespace hive::gate {

/// Members that tell a log slot once something is sealed. Who lags needs one, and all of them have one on their disk.
inline constexpr size_t log_tellers = 4;

struct gate_options {
  /// This node.
  node_id self;
  /// First generation of the sealers of each track; null for a track that is not in use.
  std::vector<generation_ptr> tracks;
  /// Wait of the next owner before it begins a round; doubled with each round at a position. On a crash: nothing lost.
  duration round_wait = std::chrono::milliseconds{500};
  /// The doubling ends here.
  duration longest_round_wait = std::chrono::seconds{16};
  /// Spread of the starts of rounds, so that owners do not begin at once.
  duration round_jitter = std::chrono::milliseconds{250};
  /// What is not pressing in a seal slot waits this long for more: starts and runs of others come many at a time, and
  /// an accept often follows the beginning of its position.
  duration seal_wait = std::chrono::milliseconds{100};
  /// A member whose turn it is not tells its log slot after this, if too few others have told theirs.
  duration log_wait = std::chrono::seconds{3};
  /// Runs a hook again, with the same token, when nobody knows whether it ended. Its hook must bear that.
  bool reruns_unknown = false;
};

/// Signs a slot of this node; the stamp is the next of the node's.
using slot_signer =
  std::function<msg<wire::StoredSlot>(slot_type type, const std::string& key, const std::string& payload)>;

struct gate_crypto {
  slot_signer sign;
  slot_verifier verify;
};

/// What is on this node's disk.
struct stored_state {
  statements own;  ///< newest slots of this node, also those that came back from others after its disk had lost them
  statements kept; ///< see outputs::write
};

} // namespace hive::gate
