#pragma once

#include "gpu/ledger/lease.hpp"

namespace hive::gpu {

/// Bounds and times of a ledger.
struct ledger_options {
  /// Epoch of the node, higher at every start.
  uint64_t epoch = 1;
  /// A step of priority counts as this much waiting. Static, so the order of two requests never changes.
  duration priority_step = std::chrono::minutes{10};
  /// Requests behind the head that are considered for backfilling.
  size_t scan_depth = 256;
  /// Requests that may wait, in all and of one holder.
  size_t max_queued = 16'384;
  size_t max_queued_of_holder = 1'024;
  /// Memory that a holder's requests and leases may come to; 0: any.
  mib max_mib_of_holder = 0;
  duration max_duration = std::chrono::hours{24 * 7};
  /// From asking a holder to give a lease back to killing it.
  duration ask_grace = std::chrono::seconds{10};
  /// From killing to giving up on its processes: one that is stuck in the driver cannot be killed.
  duration kill_limit = std::chrono::seconds{5};
  /// For the memory to come back; then the device is quarantined.
  duration drain_limit = std::chrono::seconds{15};
  /// Longest loading phase of a shared lease: the next one on its device starts after it.
  duration load_limit = std::chrono::seconds{30};
  /// Nothing is granted on an observation older than this, which is two polls.
  duration stale_after = std::chrono::seconds{2};
  /// How late a tick may come. Part of every promise.
  duration lateness = std::chrono::milliseconds{250};
  /// A gap between events that is longer means that the machine was suspended.
  duration suspend_gap = std::chrono::seconds{10};
  /// Memory above the idle baseline that counts as free again: the larger of the two.
  mib drain_tolerance = 128;
  uint32_t drain_tolerance_permille = 5;
  /// Consecutive idle observations that end a quarantine.
  uint32_t idle_sightings = 3;
  /// Ended leases that are remembered, for questions and repeated requests.
  size_t max_ended = 1'024;
};

} // namespace hive::gpu
