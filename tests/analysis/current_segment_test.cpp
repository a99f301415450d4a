#include "analysis/current_segment.hpp"
#include "analysis/student_t.hpp"
#include "tests/analysis/history_noise.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

std::vector<double> two_levels(noise& random) {
  auto values = noisy_history(random, 60, history_noise::gaussian, 0.01);
  for (size_t i = 40; i < values.size(); ++i)
    values[i] += 20;
  return values;
}

TEST(current_segment, the_level_before_the_last_change_does_not_count) {
  constexpr uint64_t seed = 81;
  SCOPED_TRACE(seed);
  noise random{seed};
  auto found = changes_of(two_levels(random));
  auto usual = judge_point(found, 120.5), old = judge_point(found, 100);
  ASSERT_TRUE(usual && old);
  EXPECT_EQ(usual->values, 20u);
  EXPECT_NEAR(usual->expected, 120, 1);
  EXPECT_NEAR(usual->difference, 120.5 - usual->expected, 1e-12);
  EXPECT_FALSE(usual->stands_out);
  EXPECT_TRUE(old->stands_out);
  EXPECT_NEAR(old->relative, -1.0 / 6, 0.01);
}

TEST(current_segment, judges_by_the_prediction_interval) {
  history_changes found;
  found.segments = {{0, 16, 100, 2}};
  found.autocorrelation = 0.6; // inflation 4
  auto got = judge_point(found, 106);
  ASSERT_TRUE(got);
  EXPECT_DOUBLE_EQ(got->t, 3 / std::sqrt(1 + 4.0 / 16));
  EXPECT_DOUBLE_EQ(got->df, 3);
  EXPECT_DOUBLE_EQ(got->p, student_t_two_sided(got->t, 3));
}

TEST(current_segment, drift_is_followed) {
  constexpr uint64_t seed = 82;
  SCOPED_TRACE(seed);
  noise random{seed};
  auto values = noisy_history(random, 100, history_noise::gaussian, 0.005);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] += static_cast<double>(i);
  auto found = changes_of(values);
  ASSERT_TRUE(found.drift);
  auto next = judge_point(found, 200);
  ASSERT_TRUE(next);
  EXPECT_NEAR(next->expected, 200, 0.6);
  EXPECT_FALSE(next->stands_out);
  EXPECT_TRUE(judge_point(found, 150)->stands_out); // the mean of the history
}

TEST(current_segment, without_noise_every_difference_stands_out) {
  auto found = changes_of(std::vector<double>(10, 4.0));
  EXPECT_EQ(judge_point(found, 4)->p, 1);
  EXPECT_EQ(judge_point(found, 5)->p, 0);
  EXPECT_TRUE(judge_point(found, 5)->stands_out);
  EXPECT_FALSE(judge_point(found, 4.01)->stands_out); // less than anybody cares for
  EXPECT_TRUE(judge_point(found, 4.2)->stands_out);
  EXPECT_FALSE(judge_point(found, 4.2, {.floor = 0.1})->stands_out);
}

TEST(current_segment, nothing_is_said_of_too_little) {
  EXPECT_FALSE(judge_point(changes_of({}), 1));
  EXPECT_FALSE(judge_point(changes_of(std::vector<double>(4, 1.0)), 1));
  EXPECT_TRUE(judge_point(changes_of(std::vector<double>(5, 1.0)), 1));
  auto found = changes_of(std::vector<double>(10, 4.0));
  EXPECT_FALSE(judge_point(found, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(judge_point(found, std::numeric_limits<double>::infinity()));
}

TEST(current_segment, usual_values_seldom_stand_out) {
  constexpr uint64_t seed = 83;
  SCOPED_TRACE(seed);
  noise random{seed};
  int out = 0;
  for (int run = 0; run < 1'000; ++run) {
    auto values = noisy_history(random, 41, history_noise::gaussian, 0.05);
    double next = values.back();
    values.pop_back();
    out += judge_point(changes_of(values), next)->stands_out;
  }
  EXPECT_LE(out, binomial_bound(1'000, 2 * change_level));
}

} // namespace
} // namespace hive::analysis
