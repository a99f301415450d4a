#include "analysis/paired.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

namespace hive::analysis {
namespace {

/// The sign-flip test by its definition: all 2^n signs, one after the other.
paired_test by_definition(const std::vector<double>& differences) {
  double observed = std::accumulate(differences.begin(), differences.end(), 0.0);
  uint32_t all = 1u << differences.size(), at_least = 0, as_far = 0;
  for (uint32_t signs = 0; signs < all; ++signs) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i)
      sum += signs >> i & 1 ? -differences[i] : differences[i];
    at_least += sum >= observed - 1e-9;
    as_far += std::abs(sum) >= std::abs(observed) - 1e-9;
  }
  return {static_cast<double>(as_far) / all, static_cast<double>(at_least) / all};
}

TEST(sign_flip, few_items_are_counted_exactly) {
  for (const std::vector<double>& each : {std::vector<double>{1.0},
                                          {1, 2, 3},
                                          {-1, -2, -3},
                                          {0.1, 0.2, 0.3, -0.6},
                                          {5, -4, 3, -2, 1, 0.5, 7, -7},
                                          {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}) {
    auto got = sign_flip_test(each), wanted = by_definition(each);
    EXPECT_EQ(got.p, wanted.p);
    EXPECT_EQ(got.p_worse, wanted.p_worse);
  }
}

TEST(sign_flip, sums_that_differ_by_rounding_alone_are_equal) {
  // 0.1 + 0.2 − 0.3 is not 0 in doubles, so a comparison of sums in doubles would split these ties.
  auto got = sign_flip_test(std::vector{0.1, 0.2, -0.3});
  EXPECT_EQ(got.p, 1);
  EXPECT_EQ(got.p_worse, by_definition({1, 2, -3}).p_worse);
}

TEST(sign_flip, zeros_say_nothing_and_scale_does_not_matter) {
  std::vector<double> some{3, -1, 4, 1, 5}, with_zeros{0, 3, 0, -1, 4, 0, 1, 5, 0};
  auto wanted = sign_flip_test(some);
  EXPECT_EQ(sign_flip_test(with_zeros).p_worse, wanted.p_worse);
  for (double scale : {1e-310, 1e-200, 1e300}) {
    auto scaled = some;
    for (auto& each : scaled)
      each *= scale;
    EXPECT_EQ(sign_flip_test(scaled).p_worse, wanted.p_worse) << scale;
  }
  EXPECT_EQ(sign_flip_test({}).p, 1);
  EXPECT_EQ(sign_flip_test(std::vector{0.0, 0.0}).p_worse, 1);
}

TEST(sign_flip, drawn_signs_agree_with_the_binomial_distribution) {
  // With equal sizes the sum says how many are positive, so McNemar's test is exact for it.
  for (auto [worse, better] : {std::pair{18u, 12u}, {40u, 25u}, {25u, 40u}, {60u, 20u}}) {
    std::vector<double> differences(worse, 1.0);
    differences.insert(differences.end(), better, -1.0);
    auto got = sign_flip_test(differences), again = sign_flip_test(differences);
    EXPECT_EQ(got.p_worse, again.p_worse);
    auto wanted = mcnemar_exact(worse, better);
    // Five standard errors.
    double error = 5 * std::sqrt(wanted.p_worse * (1 - wanted.p_worse) / sign_flip_draws) + 1.0 / sign_flip_draws;
    EXPECT_NEAR(got.p_worse, wanted.p_worse, error);
    EXPECT_GE(got.p_worse, 1.0 / (sign_flip_draws + 1)) << "the observed signs are one of those counted";
  }
}

TEST(mcnemar, large_counts_neither_overflow_nor_vanish) {
  EXPECT_EQ(mcnemar_exact(100'000, 100'000).p, 1);
  EXPECT_NEAR(mcnemar_exact(100'000, 100'000).p_worse, 0.5, 1e-2);
  // About 3.2 standard deviations.
  EXPECT_NEAR(mcnemar_exact(501'600, 498'400).p_worse, 0.5 * std::erfc(3.199 / std::sqrt(2)), 1e-5);
  EXPECT_EQ(mcnemar_exact(100'000, 0).p_worse, 0) << "2^-100000 is no double";
  EXPECT_EQ(mcnemar_exact(1'000, 0).p_worse, std::ldexp(1.0, -1'000));
}

item_outcomes once(std::string_view item, bool before, bool after) {
  return {item, 1, before, 1, after};
}

TEST(items, single_runs_are_compared_by_mcnemar) {
  std::vector<item_outcomes> items;
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i)
    names.push_back("item" + std::to_string(i));
  for (size_t i = 0; i < names.size(); ++i)
    items.push_back(once(names[i], i < 30, i >= 8 && i < 32));
  items.push_back({"only old", 1, 1, 0, 0});
  auto got = compare_outcomes(items);
  EXPECT_TRUE(got.by_mcnemar);
  EXPECT_EQ(got.pairs, 40u);
  EXPECT_EQ(got.unpaired, 1u);
  EXPECT_EQ(got.broken.size(), 8u);
  EXPECT_EQ(got.broken.front(), "item0");
  EXPECT_EQ(got.fixed, (std::vector<std::string>{"item30", "item31"}));
  EXPECT_EQ(got.test.p_worse, mcnemar_exact(8, 2).p_worse);
  EXPECT_DOUBLE_EQ(got.mean_change, -6.0 / 40);
  EXPECT_FALSE(got.worse);
  ASSERT_TRUE(got.more_items_needed);
  // Half as many again: 12 to 3 has p 0.018, 10 to 2 has 0.019, 9 to 2 has 0.033.
  EXPECT_GT(*got.more_items_needed, 0u);
  EXPECT_LE(*got.more_items_needed, 20u);
}

TEST(items, more_items_are_asked_for_only_where_they_could_show_something) {
  auto settled = compare_outcomes(std::vector{once("a", true, false), once("b", true, false), once("c", true, false),
                                              once("d", true, false), once("e", true, false)});
  EXPECT_TRUE(settled.worse);
  EXPECT_EQ(settled.more_items_needed, 0u);
  EXPECT_FALSE(compare_outcomes(std::vector{once("a", true, false), once("b", false, true)}).more_items_needed);
  EXPECT_FALSE(compare_outcomes(std::vector{once("a", true, true)}).more_items_needed);
  auto nothing = compare_outcomes({});
  EXPECT_FALSE(nothing.worse);
  EXPECT_EQ(nothing.test.p_worse, 1);
}

TEST(items, repeated_runs_are_compared_by_their_rates) {
  std::vector<item_outcomes> items{{"flaky", 10, 6, 10, 7}, {"steady", 10, 10, 10, 10}, {"broken", 10, 10, 10, 2},
                                   {"also", 10, 10, 10, 4}, {"third", 10, 10, 10, 5},   {"fourth", 10, 9, 10, 3},
                                   {"fifth", 10, 8, 10, 1}};
  auto got = compare_outcomes(items);
  EXPECT_FALSE(got.by_mcnemar);
  EXPECT_EQ(got.flaky, (std::vector<std::string>{"flaky", "fourth", "fifth"}));
  EXPECT_EQ(got.broken, (std::vector<std::string>{"broken", "also", "third"}));
  EXPECT_EQ(got.test.p_worse, sign_flip_test(std::vector{-0.1, 0.8, 0.6, 0.5, 0.6, 0.7}).p_worse);
  EXPECT_TRUE(got.worse);
}

TEST(items, an_item_that_is_always_flaky_makes_no_one_worse) {
  // Three runs of items with rate ½ on both sides: what passed three times and then not is chance.
  std::vector<item_outcomes> items;
  for (uint32_t old_passes = 0; old_passes <= 3; ++old_passes)
    for (uint32_t new_passes = 0; new_passes <= 3; ++new_passes)
      items.push_back({"item", 3, old_passes, 3, new_passes});
  auto got = compare_outcomes(items);
  EXPECT_FALSE(got.worse);
  EXPECT_NEAR(got.mean_change, 0, 1e-15);
}

TEST(items, numbers_are_worse_in_their_own_direction) {
  std::vector<item_values> slower;
  for (int i = 0; i < 12; ++i)
    slower.push_back({"item", 1.0 + i, 1.2 + i});
  EXPECT_TRUE(compare_values(slower, direction::lower).worse);
  auto faster = compare_values(slower, direction::higher);
  EXPECT_FALSE(faster.worse);
  EXPECT_NEAR(faster.mean_change, 0.2, 1e-12);
  EXPECT_FALSE(faster.more_items_needed);
  std::vector<item_values> few{{"a", 1, 1.2}, {"b", 1, 1.1}};
  auto open = compare_values(few, direction::lower);
  EXPECT_FALSE(open.worse);
  ASSERT_TRUE(open.more_items_needed);
  EXPECT_GT(*open.more_items_needed, 0u);
}

} // namespace
} // namespace hive::analysis
