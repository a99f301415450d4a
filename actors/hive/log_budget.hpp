#pragma once

#include "actors/defaults.hpp"

#include <algorithm>
#include <chrono>

namespace hive {

/// Bounds how many lines a stranger can make this node log: a burst, then so many a second. Pure: time is passed in.
class log_budget {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit log_budget(time_point now) : refilled_{now} {
  }

  /// Whether a line may be written now. When it may after some that might not, `left_out` says how many those were.
  bool take(time_point now, uint64_t& left_out) {
    auto earned = std::chrono::duration<double>(now - refilled_).count() * defaults::refusal_log_per_s;
    lines_ = std::min<double>(lines_ + earned, defaults::refusal_log_burst);
    refilled_ = now;
    if (lines_ < 1) {
      ++left_out_;
      return false;
    }
    lines_ -= 1;
    left_out = left_out_;
    left_out_ = 0;
    return true;
  }

private:
  time_point refilled_;
  double lines_ = defaults::refusal_log_burst;
  uint64_t left_out_ = 0;
};

} // namespace hive
