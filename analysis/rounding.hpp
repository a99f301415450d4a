#pragma once

namespace hive::analysis {

/// Upper bound on `decimals`.
inline constexpr int max_decimals = 15;

/// Rounds like Python's round(): to the decimal nearest the exact binary value, ties to the even digit. `decimals` is 0
/// to `max_decimals`. NaN and infinities are returned unchanged.
double round_decimals(double value, int decimals);

/// The smallest of 1, 2 and 5 times a power of ten that is at least `value`, which is positive and at most 1e300.
double step_at_least(double value);

} // namespace hive::analysis
