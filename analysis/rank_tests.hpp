#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace hive::analysis {

// Rank tests. Equal values get the mean of their ranks; values must not be NaN.

/// Values up to which the signed-rank test counts all signs.
inline constexpr size_t max_exact_signs = 200;

struct rank_test_result {
  double statistic = 0;
  double p_two_sided = 1; ///< min(1, 2·min(p_less, p_greater))
  double p_less = 1;      ///< of the hypothesis that `a` does not tend below `b`, or that the centre is not below 0
  double p_greater = 1;
};

/// Mann–Whitney test of two samples (H. B. Mann and D. R. Whitney, "On a test of whether one of two random variables is
/// stochastically larger than the other", 1947). The statistic is U of `a`: its rank sum minus n(n + 1)/2. By the
/// permutation distribution of the ranks as they are, with their ties. Nothing when a side is empty, or for more than
/// `max_exact_rank_sums` values in all.
std::optional<rank_test_result> mann_whitney_exact(std::span<const double> a, std::span<const double> b);

struct approximate_rank_test {
  double statistic = 0; ///< U of `a`
  double z = 0;         ///< (|U − mean| − ½)/deviation; 0 when all values are equal
  double p_two_sided = 1;
  double p_less = 0.5;
  double p_greater = 0.5;
};

/// The same test by the normal approximation, with continuity correction and the variance corrected for ties. Nothing
/// when a side is empty. Takes time O(n log n).
std::optional<approximate_rank_test> mann_whitney_asymptotic(std::span<const double> a, std::span<const double> b);

struct signed_rank_result : rank_test_result { ///< the statistic is the rank sum of the positive values
  size_t n = 0;                                ///< values that are not 0
};

/// Wilcoxon's signed-rank test of whether the centre is 0 (F. Wilcoxon, "Individual comparisons by ranking methods",
/// 1945). Zeros are left out. By the distribution over all signs of the ranks as they are, with their ties. Nothing for
/// more than `max_exact_signs` values that are not 0.
std::optional<signed_rank_result> wilcoxon_signed_rank(std::span<const double> values);

} // namespace hive::analysis
