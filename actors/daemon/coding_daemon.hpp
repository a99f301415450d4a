#pragma once

#include "actors/defaults.hpp"
#include "actors/tracker/api.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace hive {

struct coding_daemon_options {
  /// Interval between ticks. Default 30 s.
  std::chrono::milliseconds tick = defaults::daemon_tick;
  /// The node's delta is published to the hive once per this many ticks. Default 10, as in HART OS.
  uint64_t ticks_per_publication = defaults::ticks_per_publication;
};

/// internal: the daemon's own timer; it accepts no other messages.
using tick_atom = caf::atom_constant<caf::atom("tick")>;
using coding_daemon_actor = caf::typed_actor<caf::reacts_to<tick_atom>>;

struct coding_daemon_state {
  static inline const char* name = "coding_daemon";
  uint64_t ticks = 0;
};

/// Periodically passes the tracker's learning delta to the publisher. An empty delta is not published; a failure is
/// logged and retried at the next publication. Spawn with `sys.spawn(coding_daemon, tracker, publisher, options)`.
coding_daemon_actor::behavior_type coding_daemon(coding_daemon_actor::stateful_pointer<coding_daemon_state> self,
                                                 tracker_actor tracker, publisher_actor publisher,
                                                 coding_daemon_options options);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::coding_daemon_options)
