#pragma once

#include "actors/defaults.hpp"
#include "actors/tracker/api.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

struct coding_daemon_options {
  /// Between two ticks. Default 30 s.
  std::chrono::milliseconds tick = defaults::daemon_tick;
  /// Every so many ticks the node's delta goes to the hive. Default 10, as in HART OS.
  uint64_t ticks_per_publication = defaults::ticks_per_publication;
};

/// internal: the daemon hears nothing but its own clock.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using coding_daemon_actor = caf::typed_actor<caf::reacts_to<tick_atom>>;

struct coding_daemon_state {
  static inline const char* name = "coding_daemon";
  uint64_t ticks = 0;
};

/// Hands what the tracker learned to the publisher, time after time. Nothing learned is nothing said; a failure is
/// logged and the next turn tries again. Spawn with `sys.spawn(coding_daemon, tracker, publisher, options)`.
coding_daemon_actor::behavior_type coding_daemon(coding_daemon_actor::stateful_pointer<coding_daemon_state> self,
                                                 tracker_actor tracker, publisher_actor publisher,
                                                 coding_daemon_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::coding_daemon_options)
