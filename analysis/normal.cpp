#include "analysis/normal.hpp"

#include "analysis/elementary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace hive::analysis {
namespace {

/// Up to here the series needs few terms and loses at most two digits; above, the continued fraction is faster.
constexpr double series_end = 2.5;
/// Depth of the continued fraction: at z = 2.5 the rest is below 1e-16, and it falls with z.
constexpr int fraction_depth = 100;
/// The first guess of a quantile is off by at most 4.5e-4, and a step takes the error to its third power.
constexpr int quantile_steps = 2;

/// P(Z > z) for z ≥ 0.
double upper_of_positive(double z) {
  if (z < series_end) {
    // P(0 < Z < z) = normal_density(z)·(z + z³/3 + z⁵/15 + …)
    double term = z, sum = z;
    for (int factor = 3; term > sum * std::numeric_limits<double>::epsilon() / 4; factor += 2) {
      term *= z * z / factor;
      sum += term;
    }
    return 0.5 - normal_density(z) * sum;
  }
  // Laplace's continued fraction z + 1/(z + 2/(z + 3/…))
  double fraction = z;
  for (int depth = fraction_depth; depth > 0; --depth)
    fraction = z + depth / fraction;
  return normal_density(z) / fraction;
}

} // namespace

double normal_density(double z) {
  return exponential(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
}

double normal_upper(double z) {
  return z >= 0 ? upper_of_positive(z) : 1 - upper_of_positive(-z);
}

double normal_cdf(double z) {
  return normal_upper(-z);
}

double normal_quantile(double p) {
  if (p <= 0)
    return -std::numeric_limits<double>::infinity();
  if (p >= 1)
    return std::numeric_limits<double>::infinity();
  double tail = std::min(p, 1 - p);
  // First guess: Hastings, "Approximations for Digital Computers", 1955 (Abramowitz and Stegun 26.2.23).
  double t = std::sqrt(-2 * natural_log(tail));
  double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
  // Halley's method on P(Z > z) − tail.
  for (int step = 0; step < quantile_steps; ++step) {
    double off = (normal_upper(z) - tail) / normal_density(z);
    z += off / (1 - off * z / 2);
  }
  return p < 0.5 ? -z : z;
}

double two_sided_z(double confidence) {
  return normal_quantile((1 + confidence) / 2);
}

} // namespace hive::analysis
