#pragma once

#include <optional>
#include <span>

namespace hive::analysis {

// Sums run from the first value to the last, on differences from the first: so a constant has exactly its own mean and
// a variance of exactly 0, and the result depends on nothing but the values and their order.

/// Arithmetic mean. `values` must not be empty.
double mean(std::span<const double> values);

/// Sum of (x − mean)². `values` must not be empty.
double squares_about_mean(std::span<const double> values);

/// √(Σx²/n), also where the squares are outside the range of a double. `values` must not be empty.
double root_mean_square(std::span<const double> values);

/// Variance with n − 1 in the denominator. Nothing for fewer than two values.
std::optional<double> sample_variance(std::span<const double> values);

} // namespace hive::analysis
