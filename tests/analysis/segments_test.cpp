#include "analysis/robust.hpp"
#include "analysis/segments.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(segments, cover_the_series_with_their_levels) {
  std::vector<double> values{1, 2, 3, 2, 1, 3, 7, 8, 9, 8};
  auto found = fit_segments(values, std::vector<size_t>{6});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].begin, 0u);
  EXPECT_EQ(found[0].size(), 6u);
  EXPECT_DOUBLE_EQ(found[0].level, 2);
  EXPECT_DOUBLE_EQ(found[0].deviation, std::sqrt(4.0 / 5));
  EXPECT_EQ(found[1].end, 10u);
  EXPECT_DOUBLE_EQ(found[1].level, 8);
  EXPECT_TRUE(fit_segments({}, {}).empty());
}

TEST(segments, an_outlier_hardly_moves_the_level) {
  std::vector<double> values{10, 11, 10, 12, 11, 10, 12, 500};
  auto found = fit_segments(values, {}).front();
  // Median 11, residuals of median size 1, so that 500 counts as 11 + 2.5·1.4826.
  EXPECT_NEAR(found.level, 11 + (-1.0 + 2.5 * 1.4826) / 8, 1e-12);
}

TEST(segments, residuals_have_mean_zero_in_each) {
  std::vector<double> values{1, 2, 4, 1, 2, 11, 13, 12, 16, 10};
  auto residuals = clipped_residuals(values, std::vector<size_t>{5});
  double first = 0, second = 0;
  for (size_t i = 0; i < 5; ++i) {
    first += residuals[i];
    second += residuals[5 + i];
  }
  EXPECT_NEAR(first, 0, 1e-12);
  EXPECT_NEAR(second, 0, 1e-12);
}

TEST(segments, autocorrelation_of_one_segment_is_that_of_its_values) {
  // Nothing is clipped in these, so both are the same figure.
  std::vector<double> values{1, 2, 3, 2, 1, 2, 3, 4, 3, 2, 1, 1};
  EXPECT_NEAR(pooled_autocorrelation(values, {}), autocorrelation(values)->rho_used, 1e-12);
  EXPECT_EQ(pooled_autocorrelation(std::vector<double>(8, 4.0), {}), 0);
  EXPECT_EQ(pooled_autocorrelation({}, {}), 0);
}

TEST(segments, a_step_is_no_autocorrelation_where_it_is_known) {
  constexpr uint64_t seed = 51;
  SCOPED_TRACE(seed);
  noise random{seed};
  std::vector<double> values;
  for (int i = 0; i < 400; ++i)
    values.push_back((i < 200 ? 0 : 5) + random.normal());
  EXPECT_EQ(pooled_autocorrelation(values, {}), max_autocorrelation);
  EXPECT_LT(pooled_autocorrelation(values, std::vector<size_t>{200}), 0.15);
}

} // namespace
} // namespace hive::analysis
