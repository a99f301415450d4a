#include "analysis/wilson.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {

interval wilson_interval(double successes, double n, double z) {
  if (n <= 0)
    return {};
  double rate = std::clamp(successes / n, 0.0, 1.0);
  double z2 = z * z;
  double centre = rate + z2 / (2 * n);
  double radius = z * std::sqrt(rate * (1 - rate) / n + z2 / (4 * n * n));
  double scale = 1 + z2 / n;
  // For a rate of exactly 0 or 1 the outer end is exact; rounding must not make two such intervals differ.
  return {rate == 0 ? 0 : std::max(0.0, (centre - radius) / scale),
          rate == 1 ? 1 : std::min(1.0, (centre + radius) / scale)};
}

bool are_disjoint(const interval& a, const interval& b) {
  return a.upper < b.lower || b.upper < a.lower;
}

} // namespace hive::analysis
