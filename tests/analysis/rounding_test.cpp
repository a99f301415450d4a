#include "analysis/rounding.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

// Expected values are the results of Python 3's round().
TEST(round_decimals, rounds_the_exact_binary_value) {
  EXPECT_EQ(round_decimals(2.675, 2), 2.67); // the exact binary value is below 2.675
  EXPECT_EQ(round_decimals(1.005, 2), 1.0);
  EXPECT_EQ(round_decimals(2.665, 2), 2.67); // the exact binary value is above 2.665
  EXPECT_EQ(round_decimals(4.305, 2), 4.3);
  EXPECT_EQ(round_decimals(2.0 / 3, 3), 0.667);
}

TEST(round_decimals, a_true_half_goes_to_the_even_digit) {
  EXPECT_EQ(round_decimals(0.125, 2), 0.12);
  EXPECT_EQ(round_decimals(0.375, 2), 0.38);
  EXPECT_EQ(round_decimals(0.0625, 3), 0.062);
  EXPECT_EQ(round_decimals(0.5, 0), 0);
  EXPECT_EQ(round_decimals(1.5, 0), 2);
  EXPECT_EQ(round_decimals(-2.5, 0), -2);
}

TEST(round_decimals, keeps_extremes_and_what_is_no_number) {
  constexpr double largest = std::numeric_limits<double>::max();
  EXPECT_EQ(round_decimals(largest, max_decimals), largest);
  EXPECT_EQ(round_decimals(-largest, max_decimals), -largest);
  EXPECT_EQ(round_decimals(std::numeric_limits<double>::denorm_min(), 3), 0);
  EXPECT_TRUE(std::isnan(round_decimals(std::nan(""), 2)));
  EXPECT_TRUE(std::isinf(round_decimals(-std::numeric_limits<double>::infinity(), 2)));
}

TEST(step_at_least, is_1_2_or_5_times_a_power_of_ten) {
  EXPECT_EQ(step_at_least(1), 1);
  EXPECT_EQ(step_at_least(1.0001), 2);
  EXPECT_EQ(step_at_least(3), 5);
  EXPECT_EQ(step_at_least(5.1), 10);
  EXPECT_EQ(step_at_least(.011), .02);
  EXPECT_EQ(step_at_least(.0999), .1);
  EXPECT_EQ(step_at_least(7e-12), 1e-11);
  EXPECT_EQ(step_at_least(7e23), 1e24) << "the nearest double, which 10 * 1e23 is not";
}

} // namespace
} // namespace hive::analysis
