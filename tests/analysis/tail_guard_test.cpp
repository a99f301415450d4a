#include "analysis/sequential_gate.hpp"
#include "analysis/tail_guard.hpp"
#include "tests/analysis/measured_noise.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

/// Pairs without a change; `factor` is applied to every `every`-th new value.
measured_pairs pairs_with_tail(double factor, size_t every, size_t pairs = 60) {
  noise random{5};
  measured_pairs out{random, noise_kind::gaussian, 0.02, 1, pairs};
  for (size_t i = 0; i < pairs; i += every)
    out.new_values[i] *= factor;
  return out;
}

gate_result judge(const measured_pairs& pairs, const gate_options& options = {}) {
  return judge_pairs(pairs.old_values, pairs.new_values, options);
}

TEST(tail_guard, one_value_in_ten_that_is_ten_times_as_slow_is_not_safe) {
  auto pairs = pairs_with_tail(10, 10);
  EXPECT_EQ(judge(pairs, {.guards_tail = false}).decided, verdict::safe);
  auto guarded = judge(pairs);
  EXPECT_NE(guarded.decided, verdict::safe);
  EXPECT_EQ(guarded.tail.finding, tail_finding::mean_beyond_margin);
}

TEST(tail_guard, many_more_spikes_are_a_regression) {
  // The last quarter of the values grows a tail that leaves the median alone.
  auto got = judge(pairs_with_tail(1.5, 3));
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_EQ(got.reason, gate_reason::more_spikes);
  EXPECT_LE(got.tail.p, got.looks.back().level / 4);
}

TEST(tail_guard, counts_spikes_of_pairs) {
  std::vector<double> old_values{100, 100, 100, 200, 200, 100}, new_values{126, 130, 125, 200, 100, 100};
  auto got = compare_tails(old_values, new_values, {}, 0.05, 0.01);
  EXPECT_EQ(got.new_spikes, 2u); // 125 is not above 1.25 times the old median
  EXPECT_EQ(got.old_spikes, 1u);
  EXPECT_EQ(got.p, 0.5); // P(B ≥ 2) of three
}

TEST(tail_guard, where_higher_is_better_low_values_are_spikes) {
  gate_scale scale{.better = direction::higher};
  std::vector<double> old_values(10, 100.0), new_values(10, 100.0);
  new_values[3] = 79;
  new_values[4] = 80;
  new_values[5] = 1'000;
  auto got = compare_tails(old_values, new_values, scale, 0.05, 0.01);
  EXPECT_EQ(got.new_spikes, 1u); // 80 is not below 100 / 1.25
  EXPECT_LT(got.mean_change, 1);
}

TEST(tail_guard, differences_are_measured_in_margins) {
  gate_scale scale{.by_difference = true, .margin = 2};
  std::vector<double> old_values(10, 0.0), new_values(10, 0.0);
  new_values[0] = 10;
  new_values[1] = 11;
  auto got = compare_tails(old_values, new_values, scale, 0.05, 0.01);
  EXPECT_EQ(got.new_spikes, 1u);
  EXPECT_NEAR(got.mean_change, 2.1, 1e-12);
  EXPECT_EQ(got.finding, tail_finding::mean_beyond_margin);
}

TEST(tail_guard, a_tail_on_both_sides_is_no_finding) {
  auto pairs = pairs_with_tail(1.5, 10);
  pairs.old_values = pairs.new_values;
  EXPECT_EQ(judge(pairs).decided, verdict::safe);
}

TEST(tail_guard, a_tail_of_the_old_side_alone_is_no_finding) {
  auto pairs = pairs_with_tail(1.5, 3);
  std::swap(pairs.old_values, pairs.new_values);
  EXPECT_EQ(judge(pairs).decided, verdict::safe);
}

} // namespace
} // namespace hive::analysis
