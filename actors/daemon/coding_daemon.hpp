#pragma once

#include "actors/daemon/api.hpp"
#include "actors/defaults.hpp"
#include "actors/tracker/api.hpp"

#include <caf/fwd.hpp>
#include <chrono>

namespace hive {

/// Services the coding daemon depends on.
struct coding_daemon_services {
  tracker_actor tracker;
  publisher_actor publisher;
};

struct coding_daemon_options {
  /// Interval between ticks. Default 30 s.
  std::chrono::milliseconds tick = defaults::daemon_tick;
  /// Number of ticks between two publications of the node's delta. Default 10, as in HART OS.
  uint64_t ticks_per_publication = defaults::ticks_per_publication;
};

/// Spawns the coding daemon, which periodically passes the tracker's learning delta to the publisher. An empty delta is
/// not published; a failure is logged and retried at the next publication.
coding_daemon_actor spawn_coding_daemon(caf::actor_system& system, coding_daemon_services services,
                                        coding_daemon_options options);

} // namespace hive
