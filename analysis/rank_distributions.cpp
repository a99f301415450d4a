#include "analysis/rank_distributions.hpp"

#include "analysis/normal.hpp"

#include <cmath>
#include <cstddef>
#include <numeric>

namespace hive::analysis {
namespace {

/// P(W ≤ w) for all w below half of the largest; the others follow by symmetry.
using lower_half = std::vector<double>;

int64_t rank_total(int64_t n) {
  return n * (n + 1) / 2;
}

/// Adds one rank: with probability ½ each it is chosen or not.
std::vector<double> with_rank(const std::vector<double>& shares, int64_t rank) {
  std::vector<double> out(shares.size() + static_cast<size_t>(rank));
  for (size_t w = 0; w < shares.size(); ++w) {
    out[w] += shares[w] / 2;
    out[w + static_cast<size_t>(rank)] += shares[w] / 2;
  }
  return out;
}

/// For n = 0 … `max_exact_signed_ranks`. Sums begin at the smallest shares.
std::vector<lower_half> signed_rank_table() {
  std::vector<lower_half> out(1);
  std::vector<double> shares{1};
  for (int64_t n = 1; n <= max_exact_signed_ranks; ++n) {
    shares = with_rank(shares, n);
    lower_half sums((static_cast<size_t>(rank_total(n)) + 1) / 2);
    std::partial_sum(shares.begin(), shares.begin() + static_cast<ptrdiff_t>(sums.size()), sums.begin());
    out.push_back(std::move(sums));
  }
  return out;
}

/// P(X ≤ x) of a whole number X that is nearly normal.
double nearly_normal_cdf(int64_t x, double mean, double variance) {
  return normal_cdf((static_cast<double>(x) + 0.5 - mean) / std::sqrt(variance));
}

double approximate_signed_rank_cdf(int64_t n, int64_t w) {
  auto size = static_cast<double>(n);
  return nearly_normal_cdf(w, size * (size + 1) / 4, size * (size + 1) * (2 * size + 1) / 24);
}

/// The largest c ≤ `largest` with cdf(c) ≤ alpha, or -1.
template <class Cdf>
int64_t critical_value(int64_t largest, double alpha, const Cdf& cdf) {
  int64_t fits = -1, too_large = largest + 1;
  while (too_large - fits > 1) {
    auto middle = fits + (too_large - fits) / 2;
    (cdf(middle) <= alpha ? fits : too_large) = middle;
  }
  return fits;
}

/// P(U = u) for n and m values: the largest value of all is of the first side with probability n/(n + m), and then it
/// exceeds all m of the other. Made from no values on the first side, one more at a time, for all sizes of the other.
std::vector<double> rank_sum_shares(int64_t n, int64_t m) {
  std::vector<std::vector<double>> by_size(static_cast<size_t>(m) + 1, {1.0});
  for (int64_t i = 1; i <= n; ++i)
    for (int64_t j = 1; j <= m; ++j) {
      const auto& without_own = by_size[static_cast<size_t>(j)];
      const auto& without_other = by_size[static_cast<size_t>(j - 1)];
      auto own = static_cast<double>(i) / static_cast<double>(i + j);
      std::vector<double> next(static_cast<size_t>(i * j) + 1);
      for (size_t u = 0; u < without_own.size(); ++u)
        next[u + static_cast<size_t>(j)] += own * without_own[u];
      for (size_t u = 0; u < without_other.size(); ++u)
        next[u] += (1 - own) * without_other[u];
      by_size[static_cast<size_t>(j)] = std::move(next);
    }
  return by_size.back();
}

} // namespace

double signed_rank_cdf(int64_t n, int64_t w) {
  if (n > max_exact_signed_ranks)
    return approximate_signed_rank_cdf(n, w);
  static const auto table = signed_rank_table();
  auto largest = rank_total(n);
  if (w < 0 || w >= largest)
    return w < 0 ? 0 : 1;
  const auto& sums = table[static_cast<size_t>(n)];
  return 2 * w < largest ? sums[static_cast<size_t>(w)] : 1 - sums[static_cast<size_t>(largest - w - 1)];
}

int64_t signed_rank_critical(int64_t n, double alpha) {
  return critical_value(rank_total(n), alpha, [&](int64_t w) { return signed_rank_cdf(n, w); });
}

mann_whitney_distribution::mann_whitney_distribution(int64_t n, int64_t m) : n_{n}, m_{m} {
  if (n + m > max_exact_rank_sums)
    return;
  shares_up_to_ = rank_sum_shares(n, m);
  std::partial_sum(shares_up_to_.begin(), shares_up_to_.end(), shares_up_to_.begin());
}

double mann_whitney_distribution::cdf(int64_t u) const {
  if (u < 0 || u >= n_ * m_)
    return u < 0 ? 0 : 1;
  if (!shares_up_to_.empty())
    return shares_up_to_[static_cast<size_t>(u)];
  auto pairs = static_cast<double>(n_) * static_cast<double>(m_);
  return nearly_normal_cdf(u, pairs / 2, pairs * static_cast<double>(n_ + m_ + 1) / 12);
}

int64_t mann_whitney_distribution::critical(double alpha) const {
  return critical_value(n_ * m_, alpha, [&](int64_t u) { return cdf(u); });
}

} // namespace hive::analysis
