#pragma once

namespace hive::analysis {

/// A range of rates, both ends within 0 and 1.
struct interval {
  double lower = 0;
  double upper = 1;
};

/// Normal quantile that the routing rules use for 95% intervals.
inline constexpr double z_95 = 1.96;
/// The same for 99%: the 0.995 quantile of the standard normal distribution.
inline constexpr double z_99 = 2.5758293035489004;

/// Wilson's score interval of a rate seen as `successes` of `n`: all rates p with |successes/n − p| ≤ z·√(p(1−p)/n)
/// (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927). Counts need not be
/// whole: evidence that has faded counts in fractions. Without any (n ≤ 0) every rate is possible: 0 to 1.
interval wilson_interval(double successes, double n, double z);

/// Whether no rate lies in both.
bool are_disjoint(const interval& a, const interval& b);

} // namespace hive::analysis
