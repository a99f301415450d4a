#include "analysis/rate_difference.hpp"

#include "analysis/normal.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

observed_share of(double bad, double trials) {
  return {bad / trials, trials};
}

/// Table II of Newcombe (1998), method 10, 95%.
TEST(rate_difference, agrees_with_published_intervals) {
  struct example {
    observed_share worse, base;
    double lower, upper;
  };
  for (const auto& each :
       {example{of(56, 70), of(48, 80), 0.0524, 0.3339}, example{of(9, 10), of(3, 10), 0.1705, 0.8090},
        example{of(6, 7), of(2, 7), 0.0582, 0.8062}, example{of(5, 56), of(0, 29), -0.0381, 0.1926},
        example{of(0, 10), of(0, 10), -0.2775, 0.2775}, example{of(10, 10), of(0, 10), 0.6075, 1.0000}}) {
    auto got = difference_interval(each.worse, each.base, two_sided_z(0.95));
    EXPECT_NEAR(got.lower, each.lower, 5e-5);
    EXPECT_NEAR(got.upper, each.upper, 5e-5);
  }
}

TEST(rate_difference, p_is_the_level_at_which_the_bound_is_the_value) {
  auto canary = of(20, 200), control = of(16, 800);
  for (double value : {-0.05, 0.0, 0.02, 0.07}) {
    double p = p_difference_above(canary, control, value);
    EXPECT_LT(p, 0.5);
    EXPECT_NEAR(difference_interval(canary, control, -normal_quantile(p)).lower, value, 1e-12);
  }
  for (double value : {0.09, 0.15}) {
    double p = p_difference_below(canary, control, value);
    EXPECT_LT(p, 0.5);
    EXPECT_NEAR(difference_interval(canary, control, -normal_quantile(p)).upper, value, 1e-12);
  }
}

TEST(rate_difference, the_two_levels_add_up_to_one) {
  auto canary = of(3, 40), control = of(5, 90);
  for (double value : {-0.1, 0.0, 0.01, 0.05, 0.2})
    EXPECT_NEAR(p_difference_above(canary, control, value) + p_difference_below(canary, control, value), 1, 1e-12);
  EXPECT_GT(p_difference_above(canary, control, 0.2), 0.99);
  EXPECT_DOUBLE_EQ(p_difference_above(of(1, 4), of(1, 4), 0), 0.5);
}

TEST(rate_difference, without_trials_nothing_is_shown) {
  observed_share nothing;
  auto control = of(16, 800);
  // Wilson's interval of nothing is [0, 1], whatever z is.
  EXPECT_GE(difference_interval(nothing, control, 1).upper, 0.97);
  EXPECT_GT(p_difference_below(nothing, control, 0.02), 0.49);
  EXPECT_GT(p_difference_above(nothing, control, 0), 0.49);
}

} // namespace
} // namespace hive::analysis
