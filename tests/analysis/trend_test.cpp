#include "analysis/trend.hpp"
#include "tests/analysis/agent_noise.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

namespace hive::analysis {
namespace {

std::vector<double> line(size_t n, double slope) {
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(1 + slope * static_cast<double>(i));
  return out;
}

TEST(trend, a_direction_improves_or_declines) {
  EXPECT_EQ(judge_trend(line(10, 0.01), direction::higher)->judged, trend::improving);
  EXPECT_EQ(judge_trend(line(10, 0.01), direction::lower)->judged, trend::declining);
  EXPECT_EQ(judge_trend(line(10, -0.01), direction::higher)->judged, trend::declining);
  EXPECT_EQ(judge_trend(line(10, -0.01), direction::lower)->judged, trend::improving);
  EXPECT_EQ(judge_trend(line(10, 0), direction::higher)->judged, trend::stable);
  EXPECT_NEAR(judge_trend(line(11, 0.01), direction::higher)->change, 0.1, 1e-12);
}

TEST(trend, few_snapshots_have_none) {
  EXPECT_FALSE(judge_trend(line(min_trend_values - 1, 1), direction::higher));
  EXPECT_TRUE(judge_trend(line(min_trend_values, 1), direction::higher));
}

TEST(trend, what_chance_explains_is_stable) {
  // p is .073 and .0071 for these; see the cases of mann_kendall.
  std::vector<double> weak{1, 3, 2, 5, 4, 2, 6, 3, 5, 4};
  EXPECT_GT(judge_trend(weak, direction::higher)->test.p, trend_level);
  EXPECT_EQ(judge_trend(weak, direction::higher)->judged, trend::stable);
  auto outlier = line(12, 0);
  outlier.back() = 100;
  EXPECT_EQ(judge_trend(outlier, direction::higher)->judged, trend::stable) << "one value is no trend";
}

TEST(trend, only_the_newest_snapshots_count) {
  auto fell_long_ago = line(max_trend_values + 200, 0);
  for (size_t i = 0; i < 200; ++i)
    fell_long_ago[i] = 1'000 - static_cast<double>(i);
  auto got = judge_trend(fell_long_ago, direction::higher);
  EXPECT_EQ(got->judged, trend::stable);
  EXPECT_EQ(got->test.s, 0);
}

TEST(trend, s_counts_the_pairs) {
  constexpr uint64_t seed = 21;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (size_t count : {2, 3, 10, 101, 300}) {
    std::vector<double> values;
    for (size_t i = 0; i < count; ++i)
      values.push_back(std::floor(20 * random.uniform())); // with ties
    int64_t s = 0;
    for (size_t from = 0; from < count; ++from)
      for (size_t to = from + 1; to < count; ++to)
        s += (values[to] > values[from]) - (values[to] < values[from]);
    EXPECT_EQ(mann_kendall(values)->s, s) << count;
  }
}

TEST(trend, the_slope_alone_is_that_of_the_line) {
  constexpr uint64_t seed = 22;
  SCOPED_TRACE(seed);
  noise random{seed};
  for (size_t count : {2, 3, 4, 10, 77, 200, 501})
    for (int shape = 0; shape < 4; ++shape) {
      std::vector<double> values;
      for (size_t i = 0; i < count; ++i)
        values.push_back(shape == 0   ? random.normal()
                         : shape == 1 ? static_cast<double>(i) + 3 * random.normal()
                         : shape == 2 ? static_cast<double>(i % 2) // half of the slopes are 0
                                      : static_cast<double>(i < count / 2) * 100 + std::floor(3 * random.uniform()));
      EXPECT_EQ(theil_sen_slope(values), theil_sen(values, slope_confidence)->slope) << count << ", shape " << shape;
    }
  EXPECT_EQ(theil_sen_slope({}), 0);
  EXPECT_EQ(theil_sen_slope(std::vector<double>{1}), 0);
}

} // namespace
} // namespace hive::analysis
