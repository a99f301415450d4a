#include "analysis/rank_tests.hpp"

#include "analysis/normal.hpp"
#include "analysis/rank_distributions.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

namespace hive::analysis {
namespace {

struct ranking {
  std::vector<int64_t> doubled; ///< twice the rank of each value, in the order given: whole numbers in spite of ties
  double ties = 0;              ///< Σ(t³ − t) over groups of t equal values
};

ranking rank(std::span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) { return values[i]; });
  ranking out{std::vector<int64_t>(values.size()), 0};
  for (auto group = order.begin(); group != order.end();) {
    auto next = std::find_if(group, order.end(), [&](size_t i) { return values[i] != values[*group]; });
    // The mean of first + 1 … last is (first + last + 1)/2.
    auto doubled = (group - order.begin()) + (next - order.begin()) + 1;
    std::for_each(group, next, [&](size_t i) { out.doubled[i] = doubled; });
    auto size = static_cast<double>(next - group);
    out.ties += size * size * size - size;
    group = next;
  }
  return out;
}

ranking rank_together(std::span<const double> a, std::span<const double> b) {
  std::vector<double> all{a.begin(), a.end()};
  all.insert(all.end(), b.begin(), b.end());
  return rank(all);
}

/// Twice U of the first n ranked values.
int64_t doubled_u(const ranking& ranks, size_t n) {
  auto size = static_cast<int64_t>(n);
  auto end = ranks.doubled.begin() + static_cast<ptrdiff_t>(n);
  return std::accumulate(ranks.doubled.begin(), end, int64_t{0}) - size * (size + 1);
}

/// Tail shares of a statistic at `observed`, given the weight of each of its values.
rank_test_result tails(const std::vector<double>& weights, int64_t observed) {
  auto at = weights.begin() + observed;
  // Each tail is summed from its end, where the weights are smallest.
  double less = std::accumulate(weights.begin(), at + 1, 0.0);
  double greater = std::accumulate(weights.rbegin(), std::make_reverse_iterator(at), 0.0);
  double all = less + greater - *at;
  rank_test_result out;
  out.p_less = std::min(1.0, less / all);
  out.p_greater = std::min(1.0, greater / all);
  out.p_two_sided = std::min(1.0, 2 * std::min(out.p_less, out.p_greater));
  return out;
}

/// In how many ways `count` of the ranks have each sum.
std::vector<double> subset_sums(const std::vector<int64_t>& ranks, size_t count) {
  auto total = static_cast<size_t>(std::accumulate(ranks.begin(), ranks.end(), int64_t{0}));
  std::vector<std::vector<double>> ways(count + 1, std::vector<double>(total + 1));
  ways[0][0] = 1;
  for (auto each : ranks)
    for (size_t chosen = count; chosen > 0; --chosen)
      for (auto sum = static_cast<size_t>(each); sum <= total; ++sum)
        ways[chosen][sum] += ways[chosen - 1][sum - static_cast<size_t>(each)];
  return ways[count];
}

/// The share of all choices of any of the ranks that have each sum.
std::vector<double> signed_sums(const std::vector<int64_t>& ranks) {
  auto total = static_cast<size_t>(std::accumulate(ranks.begin(), ranks.end(), int64_t{0}));
  std::vector<double> shares(total + 1);
  shares[0] = 1;
  for (auto each : ranks)
    for (size_t sum = total + 1; sum-- > 0;)
      shares[sum] =
        (shares[sum] + (sum >= static_cast<size_t>(each) ? shares[sum - static_cast<size_t>(each)] : 0)) / 2;
  return shares;
}

} // namespace

std::optional<rank_test_result> mann_whitney_exact(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty() || static_cast<int64_t>(a.size() + b.size()) > max_exact_rank_sums)
    return std::nullopt;
  auto ranks = rank_together(a, b);
  auto n = static_cast<int64_t>(a.size());
  auto u = doubled_u(ranks, a.size());
  auto out = tails(subset_sums(ranks.doubled, a.size()), u + n * (n + 1));
  out.statistic = static_cast<double>(u) / 2;
  return out;
}

std::optional<approximate_rank_test> mann_whitney_asymptotic(std::span<const double> a, std::span<const double> b) {
  if (a.empty() || b.empty())
    return std::nullopt;
  auto ranks = rank_together(a, b);
  auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), all = n + m;
  approximate_rank_test out;
  out.statistic = static_cast<double>(doubled_u(ranks, a.size())) / 2;
  double off = out.statistic - n * m / 2;
  double variance = n * m / 12 * (all + 1 - ranks.ties / (all * (all - 1)));
  if (!(variance > 0))
    return out;
  double deviation = std::sqrt(variance);
  out.z = (std::abs(off) - 0.5) / deviation;
  out.p_two_sided = std::min(1.0, 2 * normal_upper(out.z));
  out.p_less = normal_cdf((off + 0.5) / deviation);
  out.p_greater = normal_upper((off - 0.5) / deviation);
  return out;
}

std::optional<signed_rank_result> wilcoxon_signed_rank(std::span<const double> values) {
  std::vector<double> kept, sizes;
  for (double each : values)
    if (each != 0) {
      kept.push_back(each);
      sizes.push_back(std::abs(each));
    }
  if (kept.size() > max_exact_signs)
    return std::nullopt;
  auto ranks = rank(sizes);
  int64_t positive = 0;
  for (size_t i = 0; i < kept.size(); ++i)
    positive += kept[i] > 0 ? ranks.doubled[i] : 0;
  signed_rank_result out{tails(signed_sums(ranks.doubled), positive), kept.size()};
  out.statistic = static_cast<double>(positive) / 2;
  return out;
}

} // namespace hive::analysis
