#include "analysis/group_sequential.hpp"

#include "analysis/elementary.hpp"
#include "analysis/normal.hpp"

#include <cmath>
#include <numbers>

namespace hive::analysis {
namespace {

/// Even number of steps of Simpson's rule; with twice as many no level changes in its first seven decimals.
constexpr int integration_steps = 500;
/// The motion is below this many standard deviations with a chance of less than 1e-15.
constexpr double lowest_deviations = 8;
/// Halvings of an interval of 16: more than a double has digits.
constexpr int bisection_steps = 60;

double density_of_normal(double z) {
  return exponential(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

/// Where the motion is at a look, on paths that have not crossed the bound before: weighted points, whose weights are
/// those of Simpson's rule times the density.
struct weighted_points {
  std::vector<double> at{0};
  std::vector<double> weight{1};

  /// The weight that is above `bound` one step of this standard deviation later.
  double above(double bound, double step) const {
    double sum = 0;
    for (size_t i = 0; i < at.size(); ++i)
      sum += weight[i] * normal_upper((bound - at[i]) / step);
    return sum;
  }

  double density(double place, double step) const {
    double sum = 0;
    for (size_t i = 0; i < at.size(); ++i)
      sum += weight[i] * density_of_normal((place - at[i]) / step) / step;
    return sum;
  }

  /// The paths that are between `lowest` and `bound` one step later.
  weighted_points after(double step, double lowest, double bound) const {
    weighted_points out{{}, {}};
    double width = (bound - lowest) / integration_steps;
    for (int i = 0; i <= integration_steps; ++i) {
      bool is_end = i == 0 || i == integration_steps;
      double place = lowest + i * width, factor = is_end ? 1 : i % 2 ? 4 : 2;
      out.at.push_back(place);
      out.weight.push_back(factor * width / 3 * density(place, step));
    }
    return out;
  }
};

/// The bound that a share `spent` of the paths crosses one step later.
double bound_spending(const weighted_points& paths, double step, double deviation, double spent) {
  double low = -lowest_deviations * deviation, high = lowest_deviations * deviation;
  for (int i = 0; i < bisection_steps; ++i) {
    double middle = low + (high - low) / 2;
    (paths.above(middle, step) > spent ? low : high) = middle;
  }
  return high;
}

} // namespace

std::span<const look> looks_of(look_plan plan) {
  if (plan == look_plan::long_form)
    return long_looks;
  return short_looks;
}

std::vector<double> spending_levels(double alpha, std::span<const uint32_t> looks) {
  std::vector<double> out;
  weighted_points paths;
  double before = 0;
  for (auto each : looks) {
    double now = static_cast<double>(each) / looks.back(), deviation = std::sqrt(now), step = std::sqrt(now - before);
    double bound = bound_spending(paths, step, deviation, alpha * (now - before));
    out.push_back(std::nearbyint(normal_upper(bound / deviation) * 1e6) / 1e6);
    if (each != looks.back())
      paths = paths.after(step, -lowest_deviations * deviation, bound);
    before = now;
  }
  return out;
}

} // namespace hive::analysis
