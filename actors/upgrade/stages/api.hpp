#pragma once

// Stages of a rollout: how the canaries do, beside the nodes that do not have the new version yet.

#include "actors/slot_topic.hpp"
#include "analysis/canary_health.hpp"
#include "messages/fwd.hpp"
#include "messages/ids.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace hive {

/// Watches a stage, in place of what was watched on that track. The window begins now, unless this stage was watched
/// already: then it goes on, also after a restart, with the time that was observed. Ignored with an error in the log:
/// a track above 3, a duration of 0 or above 30 days, no canary, a canary that is no member, more than 64 members, a
/// proposal that is empty or longer than 64 bytes.
struct watch_stage {
  uint8_t track = 0;
  std::string proposal; ///< its id, in whatever form
  uint8_t stage = 0;
  std::vector<node_id> members, canaries;
  uint32_t duration_s = 0;
  std::string from = {}, to = {}; ///< versions, for benchmarks of the new one; empty: none are judged
};

/// Ends the watch on the track, and tells the others nothing more of it.
struct end_watch {
  uint8_t track = 0;
};

/// What this node says of a stage, after each block of time.
struct stage_judged {
  uint8_t track = 0;
  std::string proposal;
  uint8_t stage = 0;
  analysis::stage_judgement what;
  uint32_t observed_s = 0;   ///< time that this node observed, in whole blocks
  bool is_last_look = false; ///< twice the duration is observed: more time changes nothing, only what others still tell
};

/// Gets the judgements.
using stage_listener_actor = caf::typed_actor<caf::reacts_to<stage_judged>>;

/// Counts the health of this node while a stage runs, tells it to the others, hears theirs and judges the stage.
using stage_watcher_actor =
  caf::typed_actor<caf::reacts_to<watch_stage>, caf::reacts_to<end_watch>,
                   // The slots of other nodes, and this node's own ones after a restart.
                   caf::reacts_to<slots_accepted>, caf::reacts_to<slots_withdrawn>,
                   // Windows begin no earlier. Nothing is judged while the federation does not say whom it hears.
                   caf::reacts_to<sharing_started>>;

} // namespace hive

// Messages within one node.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::watch_stage)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::end_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::stage_judged)
