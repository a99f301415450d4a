#include "analysis/group_sequential.hpp"

#include "analysis/normal.hpp"

#include <cmath>

namespace hive::analysis {
namespace {

/// Points of the integration lie so many standard deviations of the motion apart, 0 among them.
constexpr double point_distance = 0.005;
/// The points begin so many of these distances below 0: five standard deviations.
constexpr int points_below_zero = 1'000;
/// Bounds are looked for within so many standard deviations.
constexpr double largest_bound = 8;
/// Halvings of an interval of 16: more than a double has digits.
constexpr int bisection_steps = 60;

/// Where the motion is at a look, on paths that have not crossed a bound so far: the density times the distance of the
/// points.
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
      sum += weight[i] * normal_density((place - at[i]) / step) / step;
    return sum;
  }

  /// The paths that are below `bound` one step later, when the motion has this standard deviation.
  weighted_points after(double step, double deviation, double bound) const {
    weighted_points out{{}, {}};
    double width = point_distance * deviation;
    for (int i = -points_below_zero; i * width <= bound; ++i) {
      out.at.push_back(i * width);
      out.weight.push_back(width * density(i * width, step));
    }
    return out;
  }
};

/// The bound that a share `spent` of the paths crosses one step later.
double bound_spending(const weighted_points& paths, double step, double deviation, double spent) {
  double low = -largest_bound * deviation, high = largest_bound * deviation;
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
  std::vector<double> shares;
  for (auto each : looks)
    shares.push_back(static_cast<double>(each) / looks.back());
  return spending_levels(alpha, looks, shares);
}

std::vector<double> spending_levels(double alpha, std::span<const uint32_t> looks, std::span<const double> spent) {
  std::vector<double> out;
  weighted_points paths;
  double before = 0, spent_before = 0;
  for (size_t i = 0; i < looks.size(); ++i) {
    double now = static_cast<double>(looks[i]) / looks.back(), deviation = std::sqrt(now),
           step = std::sqrt(now - before);
    double bound = bound_spending(paths, step, deviation, alpha * (spent[i] - spent_before));
    out.push_back(std::nearbyint(normal_upper(bound / deviation) * 1e6) / 1e6);
    if (i + 1 < looks.size())
      paths = paths.after(step, deviation, bound);
    before = now;
    spent_before = spent[i];
  }
  return out;
}

} // namespace hive::analysis
