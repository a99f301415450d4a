#pragma once

#include <caf/error.hpp>
#include <chrono>
#include <stop_token>

namespace hive {

/// Tells blocking work when to give up: on cancellation or at a deadline. Value type; a default-constructed one sets no
/// limit.
struct work_limit {
  using clock = std::chrono::steady_clock;

  std::stop_token stop;
  clock::time_point deadline = clock::time_point::max();

  /// Fails with ec::unavailable when cancelled and ec::timed_out after the deadline. Call it between steps of the work.
  caf::error check() const;

  /// The smaller of `longest` and the time left until the deadline; at least 1 ms.
  std::chrono::milliseconds at_most(std::chrono::milliseconds longest) const;
};

} // namespace hive
