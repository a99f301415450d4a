#pragma once

#include <cstdint>
#include <vector>

namespace hive::analysis {

// Distributions of rank statistics when nothing differs and no values are equal.

/// Values up to which the signed-rank distribution is exact: the most pairs of any plan of looks.
inline constexpr int64_t max_exact_signed_ranks = 120;
/// Values on both sides together up to which the Mann–Whitney distribution is exact.
inline constexpr int64_t max_exact_rank_sums = 100;

/// P(W ≤ w) of Wilcoxon's signed-rank statistic of n ≥ 1 values: the sum of those ranks 1 … n that a fair coin chooses.
/// Relative error below 1e-13 for n up to `max_exact_signed_ranks`, from a table that the first call makes. Above, by
/// the normal approximation with continuity correction, whose error is below 7e-4; tails below 2.5% come out too large
/// (.00518 for .00501 at n = 121), so that bounds made from them are too wide rather than too narrow.
double signed_rank_cdf(int64_t n, int64_t w);

/// The largest c with P(W ≤ c) ≤ `alpha`, or -1 when there is none.
int64_t signed_rank_critical(int64_t n, double alpha);

/// Mann and Whitney's U of n and m ≥ 1 values: of the n·m pairs the number in which the value of the first side is
/// larger.
class mann_whitney_distribution {
public:
  /// Exact for n + m up to `max_exact_rank_sums`, in time O(n²m²): at most 0.1 s. Above, the normal approximation with
  /// continuity correction, whose error is below .001 for sides of similar size and .01 for 3 against 100; tails below
  /// 2.5% come out too large.
  mann_whitney_distribution(int64_t n, int64_t m);

  /// P(U ≤ u).
  double cdf(int64_t u) const;

  /// The largest c with P(U ≤ c) ≤ `alpha`, or -1 when there is none.
  int64_t critical(double alpha) const;

private:
  int64_t n_;
  int64_t m_;
  std::vector<double> shares_up_to_; ///< P(U ≤ u); empty for the approximation
};

} // namespace hive::analysis
