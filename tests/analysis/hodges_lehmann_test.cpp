#include "analysis/group_sequential.hpp"
#include "analysis/hodges_lehmann.hpp"
#include "analysis/multiple_tests.hpp"
#include "analysis/rank_distributions.hpp"
#include "analysis/rank_tests.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace hive::analysis {
namespace {

std::vector<double> normal_values(noise& random, size_t n) {
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(random.normal());
  return out;
}

TEST(hodges_lehmann, entries_are_those_of_the_sorted_list) {
  noise random{1};
  for (size_t n : {1u, 2u, 3u, 8u, 25u}) {
    auto values = normal_values(random, n);
    if (n > 4)
      values[1] = values[3]; // ties
    std::vector<double> all;
    for (size_t i = 0; i < n; ++i)
      for (size_t j = i; j < n; ++j)
        all.push_back((values[i] + values[j]) / 2);
    std::ranges::sort(all);
    walsh_averages averages{values};
    ASSERT_EQ(averages.size(), static_cast<int64_t>(all.size()));
    for (size_t k = 0; k < all.size(); ++k)
      EXPECT_EQ(averages.at(static_cast<int64_t>(k) + 1), all[k]);
    for (double limit : {-1.0, all.front(), all[all.size() / 2], 0.25}) {
      EXPECT_EQ(averages.count_at_most(limit), std::ranges::upper_bound(all, limit) - all.begin());
      EXPECT_EQ(averages.count_at_least(limit), all.end() - std::ranges::lower_bound(all, limit));
    }
  }
}

TEST(hodges_lehmann, differences_are_those_of_the_sorted_list) {
  noise random{2};
  auto a = normal_values(random, 7), b = normal_values(random, 11);
  std::vector<double> all;
  for (double from : a)
    for (double to : b)
      all.push_back(to - from);
  std::ranges::sort(all);
  pairwise_differences differences{a, b};
  for (size_t k = 0; k < all.size(); ++k)
    EXPECT_EQ(differences.at(static_cast<int64_t>(k) + 1), all[k]);
  EXPECT_EQ(differences.median(), all[38]);
}

TEST(hodges_lehmann, zeros_have_no_sign) {
  EXPECT_FALSE(std::signbit(hodges_lehmann(std::vector{-0.0, -0.0, 0.0}, 0.5)->estimate));
}

TEST(hodges_lehmann, very_large_values_do_not_overflow) {
  EXPECT_EQ(hodges_lehmann(std::vector{1.7e308, 1.7e308}, 0.5)->estimate, 1.7e308);
}

TEST(hodges_lehmann, the_interval_covers_as_often_as_it_says) {
  noise random{3};
  int covered = 0;
  constexpr int runs = 2'000;
  for (int run = 0; run < runs; ++run) {
    auto got = *hodges_lehmann(normal_values(random, 20), 0.9);
    covered += got.lower <= 0 && 0 <= got.upper;
  }
  EXPECT_NEAR(covered, 0.9055 * runs, 4 * std::sqrt(runs * 0.09));
}

TEST(rank_distributions, signed_ranks_of_three) {
  // Sums 0 1 2 3 3 4 5 6.
  for (auto [w, share] : {std::pair{-1, 0.0}, {0, 0.125}, {2, 0.375}, {3, 0.625}, {5, 0.875}, {6, 1.0}, {9, 1.0}})
    EXPECT_EQ(signed_rank_cdf(3, w), share) << w;
  EXPECT_EQ(signed_rank_critical(3, 0.124), -1);
  EXPECT_EQ(signed_rank_critical(3, 0.125), 0);
  EXPECT_EQ(signed_rank_critical(3, 1), 6);
}

TEST(rank_distributions, the_approximation_continues_the_exact_values) {
  // At the same distance from the mean in standard deviations.
  auto at = [](int64_t n, double deviations) {
    auto size = static_cast<double>(n);
    double mean = size * (size + 1) / 4, deviation = std::sqrt(size * (size + 1) * (2 * size + 1) / 24);
    return signed_rank_cdf(n, std::llround(mean - deviations * deviation - 0.5));
  };
  for (double deviations : {0.0, 1.0, 2.0, 3.0})
    EXPECT_NEAR(at(120, deviations), at(121, deviations), 2e-3); // of whole numbers
  EXPECT_GT(signed_rank_critical(1'000'000, 0.025), 0);
}

TEST(rank_distributions, mann_whitney_is_symmetric) {
  mann_whitney_distribution few{6, 9}, many{500, 700};
  for (int64_t u = 0; u < 54; ++u)
    EXPECT_NEAR(few.cdf(u) + few.cdf(54 - u - 1), 1, 1e-14);
  EXPECT_EQ(few.cdf(54), 1);
  EXPECT_NEAR(many.cdf(175'000), 0.5, 1e-3);
  EXPECT_EQ(mann_whitney_distribution(1, 1).critical(0.4), -1);
}

TEST(rank_tests, exchanged_sides_exchange_the_tails) {
  noise random{4};
  auto a = normal_values(random, 9), b = normal_values(random, 12);
  a[0] = b[0];
  auto there = *mann_whitney_exact(a, b), back = *mann_whitney_exact(b, a);
  EXPECT_NEAR(there.p_less, back.p_greater, 1e-14);
  EXPECT_EQ(there.statistic + back.statistic, 9 * 12);
  EXPECT_NEAR(mann_whitney_asymptotic(a, b)->p_less, there.p_less, 0.01);
}

TEST(rank_tests, refuse_what_they_cannot_count) {
  std::vector<double> many(201, 1.0);
  std::iota(many.begin(), many.end(), 1.0);
  EXPECT_FALSE(mann_whitney_exact(many, many));
  EXPECT_FALSE(mann_whitney_exact({}, many));
  EXPECT_FALSE(mann_whitney_asymptotic(many, {}));
  EXPECT_FALSE(wilcoxon_signed_rank(many));
}

TEST(multiple_tests, nothing_and_equal_values) {
  EXPECT_TRUE(holm({}).empty());
  EXPECT_TRUE(benjamini_hochberg({}).empty());
  EXPECT_EQ(holm(std::vector{0.02, 0.02, 0.02}), (std::vector{0.06, 0.06, 0.06}));
  EXPECT_EQ(benjamini_hochberg(std::vector{0.02, 0.02, 0.02}), (std::vector{0.02, 0.02, 0.02}));
}

TEST(group_sequential, one_look_spends_everything) {
  EXPECT_EQ(spending_levels(0.05, std::vector<uint32_t>{60}), std::vector{0.05});
}

TEST(group_sequential, two_looks_by_the_bivariate_normal_distribution) {
  // By integration of the bivariate normal distribution in 20,000 steps: a level of .005593 at the second look spends
  // .0033336, and .05 · (12 − 8)/60 = .0033333 is to be spent.
  EXPECT_NEAR(spending_levels(0.05 * 12 / 60, std::vector<uint32_t>{8, 12})[1] / 0.005593, 1, 0.002);
}

} // namespace
} // namespace hive::analysis
