#include "analysis/wilson.hpp"

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(wilson, z_values_are_the_quantiles_they_claim_to_be) {
  boost::math::normal standard;
  EXPECT_NEAR(boost::math::quantile(standard, 0.975), z_95, 1e-4);
  EXPECT_DOUBLE_EQ(boost::math::quantile(standard, 0.995), z_99);
}

TEST(wilson, both_ends_solve_the_defining_equation) {
  for (double n : {1.0, 2.5, 5.0, 20.0, 1e3, 1e7}) {
    for (double rate : {0.1, 0.5, 0.9, 0.999}) {
      auto range = wilson_interval(rate * n, n, z_95);
      for (double end : {range.lower, range.upper})
        EXPECT_NEAR(std::abs(rate - end), z_95 * std::sqrt(end * (1 - end) / n), 1e-9) << rate << " of " << n;
      EXPECT_LT(range.lower, rate);
      EXPECT_GT(range.upper, rate);
    }
  }
}

TEST(wilson, nothing_known_leaves_every_rate_possible) {
  auto range = wilson_interval(0, 0, z_95);
  EXPECT_EQ(range.lower, 0);
  EXPECT_EQ(range.upper, 1);
}

TEST(wilson, a_clean_record_reaches_exactly_to_the_end) {
  for (double n = 1; n < 2000; ++n) {
    EXPECT_EQ(wilson_interval(n, n, z_95).upper, 1) << n;
    EXPECT_EQ(wilson_interval(0, n, z_95).lower, 0) << n;
    EXPECT_LT(wilson_interval(n, n, z_95).lower, 1) << n;
    EXPECT_GT(wilson_interval(0, n, z_95).upper, 0) << n;
  }
}

TEST(wilson, touching_intervals_are_not_disjoint) {
  EXPECT_FALSE(are_disjoint({0.1, 0.5}, {0.5, 0.9}));
  EXPECT_TRUE(are_disjoint({0.1, 0.4}, {0.5, 0.9}));
  EXPECT_TRUE(are_disjoint({0.5, 0.9}, {0.1, 0.4}));
  EXPECT_FALSE(are_disjoint({0.1, 0.9}, {0.4, 0.5}));
}

} // namespace
} // namespace hive::analysis
