#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace hive {

/// Limits restarts to a number per time window, so that a service that cannot run takes its node down instead of
/// restarting forever. Pure: time is passed in.
class restart_intensity {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  restart_intensity(uint32_t max_restarts, duration window) : max_restarts_{max_restarts}, window_{window} {
  }

  /// Whether another restart is allowed now; if so, counts it.
  bool allow(time_point now) {
    while (!restarts_.empty() && now - restarts_.front() >= window_)
      restarts_.pop_front();
    if (restarts_.size() >= max_restarts_)
      return false;
    restarts_.push_back(now);
    return true;
  }

private:
  uint32_t max_restarts_;
  duration window_;
  std::deque<time_point> restarts_;
};

} // namespace hive
