#pragma once

#include <caf/error.hpp>
#include <chrono>
#include <stop_token>

namespace hive {

/// When blocking work has to give up: nobody waits for it any more, or its time is over. Value type; the default one
/// never ends.
struct work_limit {
  using clock = std::chrono::steady_clock;

  std::stop_token stop;
  clock::time_point deadline = clock::time_point::max();

  /// ec::unavailable when stopped, ec::timed_out behind the deadline, otherwise no error. Ask between steps of the
  /// work.
  caf::error check() const;

  /// The shorter of `longest` and what is left until the deadline; at least 1 ms.
  std::chrono::milliseconds at_most(std::chrono::milliseconds longest) const;
};

} // namespace hive
