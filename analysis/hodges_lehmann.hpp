#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace hive::analysis {

/// The n(n + 1)/2 Walsh averages (x_i + x_j)/2, i ≤ j, of n ≥ 1 finite values, in ascending order. The list is never
/// made: an entry is found by bisection over all doubles between the smallest and the largest, counting in time O(n) at
/// each step. So an entry takes time O(64·n), and the memory is O(n).
class walsh_averages {
public:
  explicit walsh_averages(std::span<const double> values);

  int64_t size() const;

  /// The k-th smallest, 1 ≤ k ≤ `size()`.
  double at(int64_t k) const;

  double median() const;

  int64_t count_at_most(double limit) const;
  int64_t count_at_least(double limit) const;

private:
  std::vector<double> halves_; ///< of the values, ascending: sums of two are averages, and never overflow
};

/// The n·m differences b_j − a_i of two samples, n, m ≥ 1, of finite values, in ascending order. As `walsh_averages`,
/// in time O(64·(n + m)).
class pairwise_differences {
public:
  pairwise_differences(std::span<const double> a, std::span<const double> b);

  int64_t size() const;
  double at(int64_t k) const;
  double median() const;

private:
  std::vector<double> a_;
  std::vector<double> b_;
};

/// A location and its interval by ranks.
struct rank_interval {
  double estimate = 0;
  double lower = 0;    ///< -infinity when the values are too few for the confidence
  double upper = 0;    ///< infinity likewise
  int64_t c = -1;      ///< the interval is from the (c + 1)-th entry to the one that many from the end; -1: unbounded
  double achieved = 1; ///< confidence of the interval, at least the one that was asked for
};

/// Hodges and Lehmann's centre of a symmetric distribution, the median of the Walsh averages, with the interval that
/// belongs to the signed-rank test (J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", 1963).
/// `confidence` in (0, 1). Nothing for no values.
std::optional<rank_interval> hodges_lehmann(std::span<const double> values, double confidence);

/// Hodges and Lehmann's shift of `b` against `a`, the median of the pairwise differences, with the interval that
/// belongs to the Mann–Whitney test. Nothing when a side is empty.
std::optional<rank_interval> hodges_lehmann_shift(std::span<const double> a, std::span<const double> b,
                                                  double confidence);

} // namespace hive::analysis
