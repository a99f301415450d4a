#include "analysis/rounding.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

namespace hive::analysis {
namespace {

/// Sign, integer digits, point and decimals of any double in fixed notation.
constexpr size_t max_fixed_digits = 3 + std::numeric_limits<double>::max_exponent10 + max_decimals;

} // namespace

double round_decimals(double value, int decimals) {
  if (!std::isfinite(value))
    return value;
  std::array<char, max_fixed_digits> digits;
  // to_chars rounds the exact binary value correctly, so formatting and parsing back rounds as specified.
  auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed,
                               std::clamp(decimals, 0, max_decimals));
  double rounded = value;
  std::from_chars(digits.data(), written.ptr, rounded);
  return rounded;
}

double step_at_least(double value) {
  std::array<char, 32> digits;
  auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::scientific);
  auto exponent = std::find(digits.data(), written.ptr, 'e') + 1;
  int power = 0;
  std::from_chars(*exponent == '+' ? exponent + 1 : exponent, written.ptr, power);
  double step = 0;
  for (const auto* first : {"1e", "2e", "5e", "10e"}) {
    auto text = first + std::to_string(power); // since a product with a power of ten need not be the nearest double
    std::from_chars(text.data(), text.data() + text.size(), step);
    if (step >= value)
      break;
  }
  return step;
}

} // namespace hive::analysis
