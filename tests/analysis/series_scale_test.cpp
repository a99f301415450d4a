#include "analysis/series_scale.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(series_scale, noise_is_the_median_difference) {
  // Differences 1, 2, 3, 4, 5.
  EXPECT_DOUBLE_EQ(noise_scale(std::vector<double>{0, 1, -1, 2, -2, 3}), 1.4826 * 3 / std::sqrt(2));
}

TEST(series_scale, rare_differences_count_by_their_squares) {
  std::vector<double> values(10, 5.0);
  values[4] = 8;
  EXPECT_DOUBLE_EQ(noise_scale(values), std::sqrt(18.0 / 9) / std::sqrt(2));
}

TEST(series_scale, is_one_without_differences) {
  EXPECT_EQ(noise_scale({}), 1);
  EXPECT_EQ(noise_scale(std::vector<double>{3}), 1);
  EXPECT_EQ(noise_scale(std::vector<double>{3, 3, 3}), 1);
}

TEST(series_scale, rounding_is_no_noise) {
  EXPECT_EQ(noise_scale(std::vector<double>{0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2}), (0.1 + 0.2) * least_relative_scale);
}

TEST(series_scale, running_medians_are_of_nine_at_the_ends_too) {
  EXPECT_EQ(running_median({}), std::vector<double>{});
  EXPECT_EQ(running_median(std::vector<double>{1, 2, 4, 8}), (std::vector<double>(4, 3.0)));
  EXPECT_EQ(running_median(std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8, 99, 100, 101}),
            (std::vector<double>{5, 5, 5, 5, 5, 6, 7, 7, 7, 7, 7}));
}

TEST(series_scale, outliers_are_clipped_and_steps_are_not) {
  std::vector<double> values;
  for (int i = 0; i < 40; ++i)
    values.push_back((i < 20 ? 10 : 60) + i % 2);
  values[7] = 40;
  auto clipped = clip_series(values);
  EXPECT_DOUBLE_EQ(clipped.scale, 1.4826 / std::sqrt(2));
  EXPECT_DOUBLE_EQ(clipped.values[7], clipped.centre[7] + 3 * clipped.scale);
  clipped.values[7] = 40;
  EXPECT_EQ(clipped.values, values);
}

} // namespace
} // namespace hive::analysis
