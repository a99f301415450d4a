#include "analysis/rate_difference.hpp"

#include "analysis/normal.hpp"

#include <cmath>

namespace hive::analysis {
namespace {

/// Bounds are inverted within so many standard deviations: P(Z > 38) is the last that is not 0.
constexpr double widest_bound = 38;
/// Halvings of that: more than a double has digits.
constexpr int halvings_of_bound = 60;

interval wilson_of(const observed_share& of, double z) {
  return wilson_interval(of.share * of.trials, of.trials, z);
}

/// How far below the observed difference its lower bound is.
double reach_below(const observed_share& worse, const observed_share& base, double z) {
  double down = worse.share - wilson_of(worse, z).lower, up = wilson_of(base, z).upper - base.share;
  return std::sqrt(down * down + up * up);
}

/// The z at which the bound reaches so far, which it does more the larger z is.
double z_that_reaches(const observed_share& worse, const observed_share& base, double distance) {
  double low = 0, high = widest_bound;
  for (int i = 0; i < halvings_of_bound; ++i) {
    double middle = low + (high - low) / 2;
    (reach_below(worse, base, middle) < distance ? low : high) = middle;
  }
  return low;
}

} // namespace

interval difference_interval(const observed_share& worse, const observed_share& base, double z) {
  double difference = worse.share - base.share;
  return {difference - reach_below(worse, base, z), difference + reach_below(base, worse, z)};
}

double p_difference_above(const observed_share& worse, const observed_share& base, double value) {
  double above = worse.share - base.share - value;
  if (above > 0)
    return normal_upper(z_that_reaches(worse, base, above));
  return normal_cdf(z_that_reaches(base, worse, -above));
}

double p_difference_below(const observed_share& worse, const observed_share& base, double value) {
  return p_difference_above(base, worse, -value);
}

} // namespace hive::analysis
