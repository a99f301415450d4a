#include "analysis/elementary.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace hive::analysis {
namespace {

// ln 2 in two parts. The first has so few digits that its product with an exponent is exact.
constexpr double ln2_high = 0x1.62e42feep-1;
constexpr double ln2_low = 0x1.a39ef35793c76p-33;

/// Terms of the logarithm's series: its argument is at most (√2−1)/(√2+1), whose 27th power is below 1e-20.
constexpr int log_terms = 13;
/// Terms of the exponential's series: its argument is at most ln 2 / 2, and 0.35^15 / 15! is below 1e-18.
constexpr int exp_terms = 15;
/// Largest argument whose exponential is finite, and the smallest whose exponential is not 0.
constexpr double max_exponent = 709.78271289338397;
constexpr double min_exponent = -745.13321910194122;

} // namespace

double natural_log(double x) {
  if (std::isnan(x) || x < 0)
    return std::numeric_limits<double>::quiet_NaN();
  if (x == 0)
    return -std::numeric_limits<double>::infinity();
  if (std::isinf(x))
    return x;
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < std::numbers::sqrt2 / 2) {
    mantissa *= 2;
    --exponent;
  }
  // ln m = 2·(s + s³/3 + s⁵/5 + …) with s = (m−1)/(m+1)
  double s = (mantissa - 1) / (mantissa + 1);
  double square = s * s;
  double series = 0;
  for (int term = log_terms; term > 0; --term)
    series = square * (1.0 / (2 * term + 1) + series);
  double of_mantissa = 2 * s + 2 * s * series;
  return exponent * ln2_high + (exponent * ln2_low + of_mantissa);
}

double exponential(double x) {
  if (std::isnan(x))
    return x;
  if (x > max_exponent)
    return std::numeric_limits<double>::infinity();
  if (x < min_exponent)
    return 0;
  double exponent = std::nearbyint(x / std::numbers::ln2);
  double rest = (x - exponent * ln2_high) - exponent * ln2_low;
  double series = 0;
  for (int term = exp_terms; term > 1; --term)
    series = rest / term * (1 + series);
  return std::ldexp(1 + (rest + rest * series), static_cast<int>(exponent));
}

} // namespace hive::analysis
