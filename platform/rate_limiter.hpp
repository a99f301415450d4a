#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace hive {

/// Token bucket: allows bursts of `burst` events and `per_second` events a second on average. Bounds the log lines that
/// a remote peer can cause. Pure: time is passed in.
class rate_limiter {
public:
  using time_point = std::chrono::steady_clock::time_point;

  rate_limiter(time_point now, double burst, double per_second)
      : burst_{burst}, per_second_{per_second}, refilled_{now}, tokens_{burst} {
  }

  /// Whether an event is allowed now. If so, `suppressed` is the number of events refused since the last allowed one.
  bool allow(time_point now, uint64_t& suppressed) {
    auto earned = std::chrono::duration<double>(now - refilled_).count() * per_second_;
    tokens_ = std::min(tokens_ + earned, burst_);
    refilled_ = now;
    if (tokens_ < 1) {
      ++suppressed_;
      return false;
    }
    tokens_ -= 1;
    suppressed = suppressed_;
    suppressed_ = 0;
    return true;
  }

private:
  double burst_;
  double per_second_;
  time_point refilled_;
  double tokens_;
  uint64_t suppressed_ = 0;
};

} // namespace hive
