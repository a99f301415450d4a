#include "analysis/moments.hpp"

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

std::optional<double> sample_variance(std::span<const double> values) {
  if (values.size() < 2)
    return std::nullopt;
  return squares_about_mean(values) / static_cast<double>(values.size() - 1);
}

} // namespace hive::analysis
