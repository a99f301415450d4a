#include "apps/hivectl/sparkline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace hive::ctl {

std::string sparkline(std::span<const double> values, charset set) {
  static constexpr std::array<const char*, 8> bars{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::array<const char*, 8> digits{"0", "1", "2", "3", "4", "5", "6", "7"};
  auto lowest = std::numeric_limits<double>::infinity();
  auto highest = -lowest;
  for (auto value : values) {
    lowest = std::fmin(lowest, value); // ignores NaN
    highest = std::fmax(highest, value);
  }
  auto range = highest - lowest;
  std::string out;
  for (auto value : values) {
    if (std::isnan(value)) {
      out += ' ';
      continue;
    }
    auto share = range > 0 ? (value - lowest) / range : 0.5;
    auto step = std::min(static_cast<size_t>(share * bars.size()), bars.size() - 1);
    out += set == charset::utf8 ? bars[step] : digits[step];
  }
  return out;
}

} // namespace hive::ctl
