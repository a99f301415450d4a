#include "analysis/flakiness.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace hive::analysis {
namespace {

TEST(flakiness, is_measured_within_items) {
  std::vector<item_runs> items{{4, 4}, {4, 0}, {4, 2}, {1, 1}, {0, 0}};
  auto got = measure_flakiness(items);
  EXPECT_EQ(got.items, 4u);
  EXPECT_EQ(got.repeated, 3u);
  EXPECT_EQ(got.flaky, 1u);
  EXPECT_DOUBLE_EQ(got.pass_rate, (1 + 0 + 0.5 + 1) / 4);
  // Of the 6 pairs of the flaky item's runs, 4 differ.
  EXPECT_DOUBLE_EQ(got.flip_rate, 4.0 / 6 / 3);
  EXPECT_DOUBLE_EQ(got.noise, std::sqrt(4 * 0.25 / 9));
}

TEST(flakiness, single_runs_tell_nothing_about_it) {
  auto got = measure_flakiness(std::vector<item_runs>{{1, 1}, {1, 0}});
  EXPECT_EQ(got.items, 2u);
  EXPECT_EQ(got.repeated, 0u);
  EXPECT_EQ(got.flip_rate, 0);
  EXPECT_EQ(got.pass_rate, 0.5);
  EXPECT_EQ(measure_flakiness({}).items, 0u);
}

TEST(pass_power, counts_the_choices_of_k_runs) {
  std::vector<item_runs> items{{5, 3}};
  EXPECT_DOUBLE_EQ(*pass_power(items, 1), 0.6);
  EXPECT_DOUBLE_EQ(*pass_power(items, 2), 3.0 / 10);
  EXPECT_DOUBLE_EQ(*pass_power(items, 3), 1.0 / 10);
  EXPECT_EQ(*pass_power(items, 4), 0);
  EXPECT_FALSE(pass_power(items, 6)) << "no item ran six times";
  EXPECT_FALSE(pass_power(items, 0));
  EXPECT_FALSE(pass_power(std::vector<item_runs>{{1'000, 1'000}}, max_pass_power + 1));
  items.push_back({2, 2});
  EXPECT_DOUBLE_EQ(*pass_power(items, 2), (3.0 / 10 + 1) / 2);
  EXPECT_DOUBLE_EQ(*pass_power(items, 3), 1.0 / 10) << "items with fewer runs do not count";
}

TEST(number_noise, is_pooled_over_items) {
  std::vector<item_numbers> items(3);
  for (double value : {1.0, 2.0, 3.0})
    add_run(items[0], value);
  for (double value : {1e9, 1e9 + 2})
    add_run(items[1], value);
  add_run(items[2], 7);
  EXPECT_DOUBLE_EQ(items[0].mean, 2);
  EXPECT_NEAR(*number_noise(items), std::sqrt((2.0 + 2.0) / 3), 1e-9);
  EXPECT_FALSE(number_noise(std::span{items}.last(1)));
}

} // namespace
} // namespace hive::analysis
