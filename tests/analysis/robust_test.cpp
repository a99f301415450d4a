#include "analysis/robust.hpp"

#include "analysis/moments.hpp"
#include "analysis/pooled_t.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace hive::analysis {
namespace {

using numbers = std::vector<double>;

TEST(robust, constants_are_exact) {
  for (double value : {0.1, 0.3, 1e-300, 123456.789, -7e100}) {
    numbers constant(37, value);
    EXPECT_EQ(mean(constant), value);
    EXPECT_EQ(sample_variance(constant), 0);
    EXPECT_EQ(median(constant), value);
    EXPECT_EQ(autocorrelation(constant)->rho_used, 0);
    EXPECT_EQ(autocorrelation(constant)->inflation, 1);
  }
}

TEST(robust, the_median_does_not_overflow) {
  EXPECT_EQ(median(numbers{1.7e308, 1.5e308}), 1.6e308);
  EXPECT_EQ(median(numbers{3, 1, 2}), 2);
  EXPECT_EQ(median(numbers{4, 1, 3, 2}), 2.5);
}

TEST(robust, clipping_without_a_spread_leaves_the_median) {
  EXPECT_EQ(clip_about_median(numbers{1, 1, 1, 9}, 2.5), (numbers{1, 1, 1, 1}));
  EXPECT_EQ(winsorise(numbers{1, 1, 1, 9}, 2.5).clipped, 1u);
  EXPECT_EQ(clip_about_median(numbers{1, 2, 3, 4, 5}, 100), (numbers{1, 2, 3, 4, 5}));
}

TEST(robust, trimming_nothing_gives_the_mean) {
  numbers values{4, 8, 1, 7};
  auto got = trim(values, 0);
  EXPECT_EQ(got.trimmed_mean, 5);
  EXPECT_EQ(got.winsorised_mean, 5);
  EXPECT_NEAR(*got.standard_error, std::sqrt(10.0 / 4), 1e-15);
  EXPECT_EQ(trim(numbers{1, 2, 3, 100}, 0.25).trimmed_mean, 2.5);
}

TEST(robust, autocorrelation_is_clamped) {
  numbers rising, alternating;
  for (int i = 0; i < 50; ++i) {
    rising.push_back(i);
    alternating.push_back(i % 2);
  }
  EXPECT_EQ(autocorrelation(rising)->rho_used, max_autocorrelation);
  EXPECT_NEAR(autocorrelation(rising)->inflation, 9, 1e-14);
  EXPECT_EQ(autocorrelation(alternating)->rho_used, 0);
  EXPECT_FALSE(autocorrelation(numbers{1}));
  EXPECT_NEAR(corrected_autocorrelation(0.2, 50, 4), 0.2 + 4.6 / 50, 1e-15);
}

TEST(pooled_t, does_not_mind_unit_or_sides) {
  numbers left{10, 11, 9, 10.5, 30, 10.2}, right{12, 13, 12.5, 11.8, 12.2};
  auto there = *pooled_robust_t(left, right, 0.2), back = *pooled_robust_t(right, left, 0.2);
  EXPECT_NEAR(there.t, -back.t, 1e-12);
  EXPECT_NEAR(there.p, back.p, 1e-15);
  for (auto* side : {&left, &right})
    for (auto& each : *side)
      each *= 0x1p900;
  EXPECT_EQ(pooled_robust_t(left, right, 0.2)->t, there.t);
  EXPECT_FALSE(pooled_robust_t(left, {}, 0));
  EXPECT_EQ(pooled_robust_t(numbers{1}, numbers{2}, 0)->p, 0);
  EXPECT_EQ(pooled_robust_t(numbers{2}, numbers{2}, 0)->p, 1);
}

} // namespace
} // namespace hive::analysis
