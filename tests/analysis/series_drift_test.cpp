#include "analysis/series_drift.hpp"
#include "tests/analysis/history_noise.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

constexpr double floor_of_metric = 0.005;

std::optional<drift_line> drift_of(std::span<const double> values, std::span<const size_t> starts = {},
                                   double floor = floor_of_metric) {
  return find_drift(values, clip_series(values), starts, floor);
}

std::vector<double> rising(noise& random, size_t count, double total, double variation) {
  auto values = noisy_history(random, count, history_noise::gaussian, variation);
  for (size_t i = 0; i < count; ++i)
    values[i] *= 1 + total * static_cast<double>(i) / static_cast<double>(count - 1);
  return values;
}

TEST(series_drift, a_line_is_found) {
  constexpr uint64_t seed = 61;
  SCOPED_TRACE(seed);
  noise random{seed};
  auto found = drift_of(rising(random, 100, 0.2, 0.02));
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->relative, 0.2, 0.03);
  EXPECT_NEAR(found->first, 100, 2);
  EXPECT_NEAR(found->last, 120, 2);
  EXPECT_NEAR(found->total, found->last - found->first, 1e-9);
  EXPECT_NEAR(found->deviation, 2.2, 0.5);
}

TEST(series_drift, an_exact_line_is_found) {
  std::vector<double> values;
  for (int i = 0; i < 20; ++i)
    values.push_back(10 - 0.1 * i);
  auto found = drift_of(values);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->slope, -0.1, 1e-12);
}

TEST(series_drift, an_exact_step_is_none) {
  std::vector<double> values(30, 0.1);
  std::fill(values.begin() + 15, values.end(), 0.3);
  EXPECT_FALSE(drift_of(values, std::vector<size_t>{15}));
}

TEST(series_drift, too_small_a_drift_is_of_no_interest) {
  constexpr uint64_t seed = 62;
  SCOPED_TRACE(seed);
  noise random{seed};
  auto values = rising(random, 100, 0.02, 0.001);
  EXPECT_TRUE(drift_of(values));
  EXPECT_FALSE(drift_of(values, {}, 0.05));
}

TEST(series_drift, slow_waves_are_none) {
  // Autocorrelation makes the test of the trend believe less.
  std::vector<double> values;
  for (int i = 0; i < 60; ++i)
    values.push_back(100 + (i % 40 < 20 ? i % 20 : 20 - i % 20));
  EXPECT_FALSE(drift_of(values));
}

TEST(series_drift, two_values_are_no_line) {
  EXPECT_FALSE(drift_of({}));
  EXPECT_FALSE(drift_of(std::vector<double>{1, 2}));
}

} // namespace
} // namespace hive::analysis
