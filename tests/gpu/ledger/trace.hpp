#pragma once

#include "gpu/ledger/lease.hpp"

#include <string>
#include <vector>

namespace hive::gpu::testing {

/// One row of tests/data/gpu_trace.csv: a request of a production cluster.
struct trace_row {
  double arrival_s = 0;
  double duration_s = 0;
  double declared_s = 0;
  bool shared = false;
  uint32_t devices = 1;
  mib vram = 0;
  int priority = 0;

  /// Device-seconds; a shared one counts with its part of the memory.
  double work() const;
};

/// The rows of a source, with durations capped and arrivals scaled so that their work is `load` times what the devices
/// can do between the first and the last arrival.
std::vector<trace_row> load_trace(const std::string& source, double cap_s, double load, size_t devices);

/// How a trace went. Times in seconds.
struct replay_result {
  double utilisation = 0; ///< from the first tenth of the time between first and last arrival to its end
  double makespan = 0;    ///< relative to its lower bound, max over k of arrival k + work after k / devices
  double mean_wait = 0;
  double p95_wait = 0;
  double max_wait = 0;
  double gang_mean_wait = 0;
  size_t broken_promises = 0;
  size_t over_commits = 0;
  size_t lost = 0; ///< requests that did not end as released
};

/// Sums up when each row started.
replay_result judge(const std::vector<trace_row>& rows, const std::vector<double>& starts, size_t devices);

/// The shipped ledger, on devices of 40 GiB in islands of 8. Holders give back after their true duration.
replay_result replay_ledger(const std::vector<trace_row>& rows, size_t devices, bool with_priorities);

/// Other disciplines, for comparison. Each looks at all that wait in its order, and starts what fits at once.
enum class discipline {
  fifo,         ///< by arrival; nothing overtakes
  greedy,       ///< by arrival; whatever fits starts
  largest_area, ///< greedy by true work, largest first
  shortest      ///< greedy by true duration, shortest first
};
replay_result replay_simply(const std::vector<trace_row>& rows, size_t devices, discipline how);

} // namespace hive::gpu::testing
