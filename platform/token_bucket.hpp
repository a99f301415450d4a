#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

namespace hive {

/// How often something may happen.
struct event_rate {
  double per_s = 0; ///< on average; 0: no limit
  double burst = 1; ///< at once, at least 1

  bool operator==(const event_rate&) const = default;
};

/// Token bucket that says how long to wait. In any span of `s` seconds it lets at most `burst + per_s * s` events
/// happen. The rate may change between events. Pure: time is passed in.
class token_bucket {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  /// Nothing when an event may happen now, which then counts. Else how long it has to wait; it does not count.
  std::optional<duration> take(const event_rate& rate, time_point now) {
    if (rate.per_s <= 0)
      return std::nullopt;
    if (now > drained_) {
      level_ = std::max(0.0, level_ - std::chrono::duration<double>(now - drained_).count() * rate.per_s);
      drained_ = now;
    }
    auto above = level_ + 1 - std::max(1.0, rate.burst);
    if (above > tolerance)
      return std::chrono::ceil<duration>(std::chrono::duration<double>(above / rate.per_s));
    level_ += 1;
    return std::nullopt;
  }

private:
  /// Sums of fractions miss a whole number by less than this.
  static constexpr double tolerance = 1e-6;

  double level_ = 0; ///< events that have not been paid for
  time_point drained_{};
};

} // namespace hive
