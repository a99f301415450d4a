#include "analysis/magnitude.hpp"

#include <cmath>
#include <limits>

namespace hive::analysis {

double in_units(double difference, double unit) {
  if (unit > 0)
    return difference / unit;
  return difference == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), difference);
}

double relative_change(double before, double after) {
  return in_units(after - before, std::abs(before));
}

} // namespace hive::analysis
