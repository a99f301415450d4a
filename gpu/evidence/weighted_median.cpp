#include "gpu/evidence/weighted_median.hpp"

#include <algorithm>
#include <cmath>

namespace hive::gpu {

void weighted_median::add(uint32_t value, std::chrono::microseconds time) {
  auto weight = std::max(time, std::chrono::microseconds{1}); // also the only value counts
  auto above = times_.lower_bound(value);
  bool is_new = above == times_.end() || above->first != value;
  if (!is_new || times_.size() < max_values) {
    times_[value] += weight;
    return;
  }
  if (above == times_.end() || (above != times_.begin() && value - std::prev(above)->first < above->first - value))
    --above;
  above->second += weight;
}

double weighted_median::value() const {
  std::chrono::microseconds all{0};
  for (const auto& [value, time] : times_)
    all += time;
  std::chrono::microseconds sum{0};
  for (const auto& [value, time] : times_)
    if ((sum += time) * 2 >= all)
      return value;
  return std::nan("");
}

} // namespace hive::gpu
