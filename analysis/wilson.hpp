#pragma once

namespace hive::analysis {

/// A range of rates within [0, 1].
struct interval {
  double lower = 0;
  double upper = 1;
};

/// Normal quantile for 95% intervals, as used by the routing rules.
inline constexpr double z_95 = 1.96;
/// Normal quantile for 99% intervals: the 0.995 quantile of the standard normal distribution.
inline constexpr double z_99 = 2.5758293035489004;

/// Wilson's score interval for a rate of `successes` in `n`: all p with |successes/n − p| ≤ z·√(p(1−p)/n) (E. B.
/// Wilson, "Probable inference, the law of succession, and statistical inference", 1927). Counts may be fractional, for
/// faded evidence. With n ≤ 0 the interval is [0, 1].
interval wilson_interval(double successes, double n, double z);

/// Whether the intervals have no rate in common.
bool are_disjoint(const interval& a, const interval& b);

} // namespace hive::analysis
