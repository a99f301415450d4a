#include "analysis/moments.hpp"

#include <algorithm>
#include <cmath>

namespace hive::analysis {

double mean(std::span<const double> values) {
  double first = values.front(), sum = 0;
  for (double each : values)
    sum += each - first;
  return first + sum / static_cast<double>(values.size());
}

double squares_about_mean(std::span<const double> values) {
  double centre = mean(values), sum = 0;
  for (double each : values)
    sum += (each - centre) * (each - centre);
  return sum;
}

double root_mean_square(std::span<const double> values) {
  // Divided by the largest first: squares of very large or very small values would leave the range of a double.
  double largest = 0, sum = 0;
  for (double each : values)
    largest = std::max(largest, std::abs(each));
  if (largest == 0)
    return 0;
  for (double each : values)
    sum += each / largest * (each / largest);
  return largest * std::sqrt(sum / static_cast<double>(values.size()));
}

std::optional<double> sample_variance(std::span<const double> values) {
  if (values.size() < 2)
    return std::nullopt;
  return squares_about_mean(values) / static_cast<double>(values.size() - 1);
}

} // namespace hive::analysis
