#include "analysis/number_stream.hpp"
#include "tests/analysis/agent_noise.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

constexpr double threshold = 8;

/// A stream that has seen so many draws.
template <class Draw>
number_stream stream_of(uint32_t runs, Draw draw, direction better = direction::lower) {
  number_stream stream;
  stream.better = better;
  for (uint32_t run = 0; run < runs; ++run)
    add_run(stream, draw(), threshold);
  return stream;
}

/// Runs until it is confirmed; 2,000 if it is not by then.
template <class Draw>
uint32_t until_confirmed(number_stream stream, const Draw& draw) {
  uint32_t runs = 0;
  while (runs < 2'000 && add_run(stream, draw(), threshold).after != drift_evidence::confirmed)
    ++runs;
  return runs;
}

TEST(number_stream, learns_a_sorted_sample) {
  noise random{1};
  auto draw = [&] { return random.lognormal(0.8); };
  auto stream = stream_of(199, draw);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::learning);
  EXPECT_EQ(explain(stream, threshold).runs_to_confirm, 1u);
  auto change = add_run(stream, draw(), threshold);
  EXPECT_EQ(change.after, drift_evidence::chance);
  EXPECT_TRUE(change.reference_changed);
  EXPECT_TRUE(std::ranges::is_sorted(stream.sample));
  EXPECT_NEAR(stream.score_mean, 0, 1e-12);
  EXPECT_NEAR(stream.score_deviation, 1, 0.05);
  EXPECT_FALSE(add_run(stream, draw(), threshold).reference_changed);
}

TEST(number_stream, the_sample_grows_in_blocks_to_1000) {
  noise random{2};
  auto draw = [&] { return random.lognormal(0.8); };
  auto stream = stream_of(200, draw);
  uint32_t grown = 0, runs = 0;
  while (stream.sample.size() < max_reference_runs && ++runs < 20'000) {
    auto before = stream.sample.size();
    bool changed = add_run(stream, draw(), threshold).reference_changed;
    EXPECT_EQ(changed, stream.sample.size() != before);
    grown += changed;
    ASSERT_LT(stream.waiting.size(), max_waiting_values);
  }
  EXPECT_EQ(grown, 8u);
  EXPECT_TRUE(std::ranges::is_sorted(stream.sample));
  for (int i = 0; i < 1'000; ++i)
    EXPECT_FALSE(add_run(stream, draw(), threshold).reference_changed);
  EXPECT_EQ(stream.sample.size(), max_reference_runs);
}

TEST(number_stream, only_ranks_matter) {
  noise random{3};
  std::vector<double> values;
  for (int i = 0; i < 1'500; ++i)
    values.push_back(random.normal() + (i > 1'000 ? 0.4 : 0));
  number_stream plain, stretched;
  for (double value : values) {
    add_run(plain, value, threshold);
    add_run(stretched, 1e6 * exponential(3 * value), threshold);
  }
  EXPECT_EQ(plain.test.sum, stretched.test.sum);
  EXPECT_EQ(plain.test.held, stretched.test.held);
}

TEST(number_stream, worse_has_a_direction) {
  noise random{4};
  auto draw = [&] { return random.normal(); };
  auto duration = stream_of(1'000, draw), reward = stream_of(1'000, draw, direction::higher);
  auto higher = [&] { return random.normal() + 1.5; };
  auto lower = [&] { return random.normal() - 1.5; };
  EXPECT_LT(until_confirmed(duration, higher), 100u);
  EXPECT_EQ(until_confirmed(duration, lower), 2'000u);
  EXPECT_LT(until_confirmed(reward, lower), 100u);
  EXPECT_EQ(until_confirmed(reward, higher), 2'000u);
}

TEST(number_stream, one_outlier_is_no_evidence) {
  noise random{5};
  auto stream = stream_of(500, [&] { return random.normal(); });
  stream.test = {};
  add_run(stream, 1e300, threshold);
  EXPECT_LT(stream.test.sum, 2);
  add_run(stream, -1e300, threshold);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::chance);
}

TEST(number_stream, a_sample_does_not_follow_a_fall) {
  noise random{6};
  auto stream = stream_of(250, [&] { return random.lognormal(0.8); });
  auto before = stream.sample.size();
  for (int i = 0; i < 1'000; ++i)
    add_run(stream, 1.6 * random.lognormal(0.8), threshold);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  EXPECT_EQ(stream.sample.size(), before);
}

TEST(number_stream, two_rewards_become_successes_and_failures) {
  noise random{7};
  double rate = 0.9;
  auto draw = [&] { return random.succeeds(rate) ? 1.0 : -0.5; };
  auto stream = stream_of(1'200, draw, direction::higher);
  ASSERT_TRUE(stream.levels);
  EXPECT_EQ(stream.levels->cut, 1);
  EXPECT_FALSE(stream.levels->cut_is_worse);
  EXPECT_TRUE(stream.sample.empty());
  EXPECT_EQ(explain(stream, threshold).reference, 1);
  rate = 0.6;
  EXPECT_LT(until_confirmed(stream, draw), 100u);
}

TEST(number_stream, rewards_that_are_mostly_low_can_still_fall) {
  // The median is the lowest value here, so nothing is worse than it: the others are what can be lost.
  noise random{8};
  double rate = 0.4;
  auto draw = [&] { return random.succeeds(rate) ? 1.0 : -0.5; };
  auto stream = stream_of(1'200, draw, direction::higher);
  ASSERT_TRUE(stream.levels);
  EXPECT_TRUE(stream.levels->cut_is_worse);
  rate = 0.15;
  EXPECT_LT(until_confirmed(stream, draw), 200u);
}

TEST(number_stream, a_constant_that_rises_is_confirmed) {
  auto stream = stream_of(300, [] { return 0.25; });
  ASSERT_TRUE(stream.levels);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::chance);
  EXPECT_LT(until_confirmed(stream, [] { return 0.2500001; }), 10u);
  EXPECT_EQ(until_confirmed(stream, [] { return 0.24; }), 2'000u);
}

TEST(number_stream, ties_decide_which_form_it_takes) {
  noise random{9};
  auto with_mass = [&](double share) {
    return stream_of(200, [&, run = 0u]() mutable { return ++run <= 200 * share ? 5 : 10 * random.uniform(); });
  };
  EXPECT_FALSE(with_mass(0.25).levels);
  EXPECT_TRUE(with_mass(0.255).levels);
  auto with_levels = [&](int levels) {
    return stream_of(200, [&, run = 0]() mutable { return static_cast<double>(run++ % levels); });
  };
  EXPECT_TRUE(with_levels(4).levels);
  EXPECT_FALSE(with_levels(5).levels);
}

TEST(number_stream, accepting_begins_a_sample_with_the_values_since_the_fall) {
  noise random{10};
  auto stream = stream_of(1'000, [&] { return random.lognormal(0.8); });
  auto slower = [&] { return 3 * random.lognormal(0.8); };
  for (int i = 0; i < 120; ++i)
    add_run(stream, slower(), threshold);
  ASSERT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  EXPECT_TRUE(accept(stream, threshold));
  EXPECT_EQ(judge(stream, threshold), drift_evidence::learning);
  EXPECT_GT(stream.sample.size(), 80u);
  EXPECT_LT(stream.sample.size(), min_reference_runs);
  EXPECT_EQ(stream.runs, 1'120u);
  for (int i = 0; i < 400; ++i)
    add_run(stream, slower(), threshold);
  EXPECT_NE(judge(stream, threshold), drift_evidence::confirmed);
  EXPECT_NEAR(explain(stream, threshold).reference, 3, 0.6);
}

TEST(number_stream, a_new_constant_can_be_accepted) {
  auto stream = stream_of(300, [] { return 1.0; });
  for (int i = 0; i < 50; ++i)
    add_run(stream, 2, threshold);
  ASSERT_EQ(judge(stream, threshold), drift_evidence::confirmed);
  EXPECT_TRUE(accept(stream, threshold));
  EXPECT_EQ(judge(stream, threshold), drift_evidence::learning);
  for (int i = 0; i < 300; ++i)
    add_run(stream, 2, threshold);
  EXPECT_EQ(judge(stream, threshold), drift_evidence::chance);
  EXPECT_LT(until_confirmed(stream, [] { return 3.0; }), 10u);
}

TEST(number_stream, the_explanation_has_medians) {
  noise random{11};
  auto stream = stream_of(1'000, [&] { return random.lognormal(0.8); });
  for (int i = 0; i < 8; ++i)
    add_run(stream, 4 * random.lognormal(0.2), threshold);
  auto report = explain(stream, threshold);
  EXPECT_EQ(report.says, drift_evidence::suspected);
  EXPECT_EQ(report.threshold, threshold + 1);
  EXPECT_NEAR(report.reference, 1, 0.2);
  ASSERT_TRUE(report.runs_to_confirm);
  EXPECT_LT(*report.runs_to_confirm, 30u);
  ASSERT_TRUE(report.runs_to_clear);
  ASSERT_TRUE(report.runs_to_find);
}

} // namespace
} // namespace hive::analysis
