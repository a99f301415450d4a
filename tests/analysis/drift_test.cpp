#include "analysis/drift.hpp"
#include "analysis/recent_runs.hpp"
#include "tests/analysis/agent_noise.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <deque>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

TEST(cusum, never_falls_below_zero_and_confirms_above_the_threshold) {
  cusum test;
  advance(test, -5, 6);
  EXPECT_EQ(test.sum, 0);
  EXPECT_EQ(test.runs_up, 0u);
  advance(test, 3, 6);
  EXPECT_EQ(judge(test, 6), drift_evidence::chance) << "half the threshold is not above it";
  advance(test, 3, 6);
  EXPECT_EQ(judge(test, 6), drift_evidence::suspected);
  EXPECT_FALSE(test.held) << "the threshold is not above it";
  advance(test, 0.5, 6);
  EXPECT_EQ(judge(test, 6), drift_evidence::confirmed);
  EXPECT_EQ(test.runs_up, 3u);
}

TEST(cusum, is_held_until_it_was_zero_for_200_runs) {
  cusum test;
  advance(test, 7, 6);
  ASSERT_TRUE(test.held);
  for (int i = 0; i < 1'000; ++i)
    advance(test, 1, 6);
  EXPECT_EQ(test.sum, 6) << "a long failure takes no longer to recover from";
  advance(test, -6, 6);
  for (uint32_t i = 1; i < recovery_runs - 1; ++i)
    advance(test, -1, 6);
  EXPECT_TRUE(test.held);
  // A small excursion neither counts nor starts anew; one above half the threshold does.
  advance(test, 2, 6);
  advance(test, -1, 6);
  EXPECT_EQ(test.runs_at_zero, recovery_runs - 1);
  auto disturbed = test;
  advance(disturbed, 3, 6);
  EXPECT_EQ(disturbed.runs_at_zero, 0u);
  advance(test, -1, 6);
  EXPECT_FALSE(test.held);
  EXPECT_EQ(judge(test, 6), drift_evidence::chance);
}

TEST(estimated_runs, beyond_all_measure_there_are_none) {
  EXPECT_EQ(estimated_runs(8, 0.5), 16u);
  EXPECT_EQ(estimated_runs(8.1, 0.5), 17u);
  EXPECT_EQ(estimated_runs(0, 0.5), 0u);
  EXPECT_EQ(estimated_runs(-1, 0.5), 0u);
  EXPECT_FALSE(estimated_runs(8, 0));
  EXPECT_FALSE(estimated_runs(8, -1));
  EXPECT_FALSE(estimated_runs(8, 1e-9));
}

TEST(overdispersion, is_one_for_independent_runs_and_more_for_batches) {
  HIVE_RANDOM_SEED(seed);
  noise random{seed};
  block_spread alone, batched;
  for (int block = 0; block < 2'000; ++block) {
    double rate = random.succeeds(0.5) ? 0.95 : 0.75;
    for (uint32_t run = 0; run < block_runs; ++run) {
      add_run(alone, random.succeeds(0.85));
      add_run(batched, random.succeeds(rate));
    }
  }
  // The standard error of X is at most √(3/500) = .08, that of the batched stream 1.7 times as much.
  EXPECT_LT(overdispersion(alone, 0.85 * 0.15), 1.2);
  // Between blocks the variance of a sum of ten is 1, beside 10·(.0475 + .1875)/2 within.
  EXPECT_NEAR(overdispersion(batched, 0.85 * 0.15), (1 + 1.175) / 1.275, 0.6);
}

TEST(overdispersion, few_blocks_or_no_variance_say_nothing) {
  block_spread spread;
  for (uint32_t run = 0; run < (min_blocks - 1) * block_runs; ++run)
    add_run(spread, run / block_runs % 2);
  EXPECT_EQ(overdispersion(spread, 0.25), 1);
  for (uint32_t run = 0; run < block_runs; ++run)
    add_run(spread, 1);
  // Each of the 19 differences is 10, where independent runs would differ by a variance of 2·10·¼.
  EXPECT_NEAR(overdispersion(spread, 0.25), 20 - std::sqrt(3.0 / 19), 1e-12);
  EXPECT_EQ(overdispersion(spread, 0), 1);
}

TEST(overdispersion, one_fall_does_not_look_like_batches) {
  HIVE_RANDOM_SEED(seed);
  noise random{seed};
  block_spread spread;
  for (int run = 0; run < 4'000; ++run)
    add_run(spread, random.succeeds(run < 2'000 ? 0.95 : 0.65));
  EXPECT_LT(overdispersion(spread, 0.8 * 0.2), 1.2);
  EXPECT_NEAR(mean_of(spread), 0.8, 0.05);
}

TEST(overdispersion, a_long_life_is_remembered_in_bounds) {
  noise random{1};
  block_spread spread;
  for (uint32_t run = 0; run < 10 * max_blocks * block_runs; ++run) {
    add_run(spread, random.succeeds(0.9));
    ASSERT_LE(spread.blocks, max_blocks);
  }
  EXPECT_NEAR(mean_of(spread), 0.9, 0.02);
  EXPECT_LT(overdispersion(spread, 0.09), 1.2);
}

TEST(recent_runs, are_the_newest_hundred) {
  HIVE_RANDOM_SEED(seed);
  noise random{seed};
  recent_runs recent;
  std::deque<bool> model;
  for (int i = 0; i < 1'000; ++i) {
    bool success = random.succeeds(0.7);
    model.push_back(success);
    std::optional<bool> left;
    if (model.size() > newest_runs) {
      left = model.front();
      model.pop_front();
    }
    EXPECT_EQ(add_run(recent, success), left);
    EXPECT_EQ(recent.runs, model.size());
    EXPECT_EQ(successes(recent), std::ranges::count(model, true));
  }
}

TEST(false_alarms, the_threshold_follows_the_rate_and_the_budget) {
  EXPECT_NEAR(alarm_threshold(201'600, 1), 8.0, 0.02);
  EXPECT_NEAR(alarm_threshold(1'008'000, 1), 9.6, 0.03);
  EXPECT_EQ(alarm_threshold(0, 1), min_threshold);
  EXPECT_EQ(alarm_threshold(20'000, 1), min_threshold);
  EXPECT_NEAR(alarm_threshold(201'600, 0.1) - alarm_threshold(201'600, 1), std::log(10), 1e-12);
  EXPECT_NEAR(slice_threshold(8, 5), 8 + std::log(5), 1e-12);
  EXPECT_EQ(slice_threshold(8, 1), 8);
  EXPECT_EQ(slice_threshold(8, 0), 8);
}

constexpr int64_t hour_us = int64_t{3'600} * 1'000'000;
constexpr int64_t start_us = 1'700'000'000 * int64_t{1'000'000};

TEST(run_rate, a_constant_rate_is_found_from_the_first_day_on) {
  run_rate rate;
  EXPECT_EQ(runs_per_week(rate, start_us), 0);
  for (int hour = 0; hour < 24 * 60; ++hour) {
    count_runs(rate, 10, start_us + hour * hour_us);
    if (hour >= 48) {
      EXPECT_NEAR(runs_per_week(rate, start_us + hour * hour_us), 1'680, 0.03 * 1'680) << hour;
    }
  }
}

TEST(run_rate, a_burst_is_not_taken_for_the_rate_of_a_week) {
  run_rate rate;
  count_runs(rate, 1'000, start_us);
  EXPECT_NEAR(runs_per_week(rate, start_us), 7'500, 100) << "as if they had taken a day";
  EXPECT_LT(runs_per_week(rate, start_us + 7 * 24 * hour_us), 600);
  EXPECT_LT(runs_per_week(rate, start_us + 70 * 24 * hour_us), 1);
}

TEST(run_rate, a_clock_that_is_set_back_stands_still) {
  run_rate rate, other;
  count_runs(rate, 10, start_us);
  count_runs(rate, 10, start_us - 100 * hour_us);
  count_runs(other, 20, start_us);
  EXPECT_EQ(rate.faded_runs, other.faded_runs);
  EXPECT_EQ(rate.newest_us, start_us);
  EXPECT_EQ(runs_per_week(rate, start_us - hour_us), runs_per_week(other, start_us));
}

} // namespace
} // namespace hive::analysis
