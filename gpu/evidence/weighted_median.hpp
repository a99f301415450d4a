#pragma once

#include <chrono>
#include <cstdint>
#include <map>

namespace hive::gpu {

/// The value that was not exceeded for half of the time, in bounded memory: clocks have steps, so few values are seen.
class weighted_median {
public:
  /// Values that are told apart. A value beyond them counts as the nearest of them.
  static constexpr size_t max_values = 512;

  void add(uint32_t value, std::chrono::microseconds time);

  /// NaN before the first value. Of two in the middle, the lower one.
  double value() const;

private:
  std::map<uint32_t, std::chrono::microseconds> times_;
};

} // namespace hive::gpu
