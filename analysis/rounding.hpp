#pragma once

namespace hive::analysis {

/// Most decimals that `round_decimals` takes.
inline constexpr int max_decimals = 15;

/// `value` to so many decimals (0 to `max_decimals`) as Python's round() does it: the decimal nearest to the exact
/// binary value, the even digit where two are equally near. NaN and infinities stay what they are.
double round_decimals(double value, int decimals);

} // namespace hive::analysis
