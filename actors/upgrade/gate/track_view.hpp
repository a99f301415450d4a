#pragma once

#include "actors/upgrade/gate/statement.hpp"

namespace hive::gate {

// What a node shows of a track. Nothing in it depends on the time, and no decision depends on it.

/// Where a sealer stands, by its slots that this node has heard.
struct member_view {
  node_id node;
  uint64_t start = 0;    ///< newest one that is known; 0: none
  bool admitted = false; ///< under that start and in the generation that is in force here
  uint64_t position = 0; ///< that it seals; 0: it has said nothing
  digest generation{};   ///< that it speaks for; all zeros: it has said nothing
  bool differs = false;  ///< it speaks for another generation than this node: their statements do not count together
  bool quarantined = false;
};

enum class ask_state : uint8_t {
  announced, ///< it can be opened
  queued,    ///< it waits for the end of the proposal that is open
  opened,    ///< it is open, or was
  refused    ///< it is not opened any more
};

/// A hook that did not run on this node and will not.
struct missed {
  wire::GateAction action{};
  digest proposal{};
  std::string version; ///< of a deploy: the one that the others run
  bool operator==(const missed&) const = default;
};

/// A proposal that a node asks for.
struct ask_view {
  node_id node;
  statement_ptr ask; ///< its `propose` is not null
  ask_state state = ask_state::announced;
  std::string why; ///< of `refused`, for people
};

} // namespace hive::gate
