#pragma once

// Hooks: commands of the operator that act on a decision of the hive.

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace hive {

/// Runs the hook of an action for a decision.
struct hook_order {
  std::string action; ///< deploy, rollback, on_approve, on_reject or on_rollback
  std::string token, track, proposal, from, to, decision, reason, hash, node;
  uint64_t position = 0;
  uint32_t stage = 0;
  std::vector<std::string> canaries;
};

/// Exit statuses of hooks that have none of their own; those above are as in a shell.
inline constexpr int32_t hook_left_processes = 125; ///< it succeeded, but its processes could not be ended
inline constexpr int32_t hook_not_started = 127;
inline constexpr int32_t hook_first_signal = 128; ///< plus the number of the signal that ended it

/// How a hook ended. No process of its group runs any more, unless `output` says so.
struct hook_outcome {
  int32_t exit_status = 0;
  std::string output; ///< for people: what went wrong, and the last lines it printed; printable and bounded
  bool timed_out = false;
};

/// Runs hooks: one at a time on a track, in the order in which they were asked for, and those of different tracks side
/// by side.
using hook_runner_actor = caf::typed_actor<
  // Runs a hook to its end or time limit, even if the sender ends meanwhile. A hook that fails or cannot be started is
  // an outcome; an action without a command succeeds at once. ec::invalid for an unknown action, ec::overloaded when
  // too many hooks run and wait. When this actor ends: ec::outcome_unknown for a hook that was running, ec::unavailable
  // for one that was waiting.
  caf::replies_to<hook_order>::with<hook_outcome>>;

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::hook_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::hook_outcome)
