#include "analysis/sequential_gate.hpp"
#include "analysis/unpaired_gate.hpp"
#include "tests/analysis/measured_noise.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

std::vector<double> sample(uint64_t seed, double centre, double cv, size_t n) {
  noise random{seed};
  measurements values{random, noise_kind::gaussian, cv};
  std::vector<double> out;
  for (size_t i = 0; i < n; ++i)
    out.push_back(centre * values.next());
  return out;
}

TEST(unpaired_gate, tells_no_change_from_a_large_one) {
  auto old_values = sample(1, 100, 0.03, 30);
  auto equal = judge_samples(old_values, sample(2, 100, 0.03, 30), {});
  EXPECT_EQ(equal.decided, verdict::safe);
  auto slower = judge_samples(old_values, sample(3, 115, 0.03, 30), {});
  EXPECT_EQ(slower.decided, verdict::regressed);
  EXPECT_NEAR(readable_change(slower.estimate, slower.scale), 0.15, 0.03);
  EXPECT_EQ(judge_samples(old_values, sample(4, 115, 0.03, 30), {.better = direction::higher}).decided, verdict::safe);
}

TEST(unpaired_gate, sides_of_any_size) {
  EXPECT_EQ(judge_samples(sample(5, 1, 0.02, 200), sample(6, 1, 0.02, 20), {}).decided, verdict::safe);
  EXPECT_EQ(judge_samples(sample(7, 1, 0.02, 3), sample(8, 1, 0.02, 3), {}).reason, gate_reason::too_few_values);
}

TEST(unpaired_gate, a_growing_mean_withholds_safe) {
  auto old_values = sample(9, 1, 0.01, 40), new_values = sample(10, 1, 0.01, 40);
  new_values[7] = 50;
  EXPECT_EQ(judge_samples(old_values, new_values, {}).reason, gate_reason::mean_beyond_margin);
  EXPECT_EQ(judge_samples(old_values, new_values, {.guards_tail = false}).decided, verdict::safe);
}

TEST(unpaired_gate, drift_that_pairs_do_not_mind_fools_it) {
  // The machine slows down by 12% while both sides are measured: pair by pair, or one side after the other.
  noise random{11};
  std::vector<double> drifting;
  for (int i = 0; i < 120; ++i)
    drifting.push_back((1 + 0.001 * i) * (1 + 0.01 * random.normal()));
  std::vector<double> even, odd;
  for (size_t i = 0; i < drifting.size(); ++i)
    (i % 2 ? odd : even).push_back(drifting[i]);
  EXPECT_EQ(judge_pairs(even, odd, {}).decided, verdict::safe);
  auto apart = judge_samples(std::span{drifting}.first(60), std::span{drifting}.last(60), {});
  EXPECT_NE(apart.decided, verdict::safe);
}

TEST(unpaired_gate, bad_input_is_never_safe) {
  std::vector<double> good(40, 1.0), bad(40, 1.0), one{1.0};
  bad[3] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(judge_samples(good, bad, {}).reason, gate_reason::not_finite);
  EXPECT_EQ(judge_samples(good, one, {}).reason, gate_reason::too_few_values);
  EXPECT_EQ(judge_samples({}, {}, {}).reason, gate_reason::too_few_values);
  EXPECT_EQ(judge_samples(good, good, {.margin = -0.1}).reason, gate_reason::bad_options);
  EXPECT_EQ(judge_samples(good, good, {.kind = metric_kind::ratio}).reason, gate_reason::items_needed);
  bad[3] = 0;
  EXPECT_EQ(judge_samples(good, bad, {}).reason, gate_reason::no_absolute_margin);
  EXPECT_EQ(judge_samples(good, good, {}).decided, verdict::safe); // constants
}

TEST(unpaired_gate, very_many_values) {
  noise random{12};
  std::vector<double> old_values, new_values;
  for (int i = 0; i < 250'000; ++i) {
    old_values.push_back(0.9 + 0.2 * random.uniform());
    new_values.push_back(0.91 + 0.2 * random.uniform());
  }
  auto got = judge_samples(old_values, new_values, {});
  EXPECT_EQ(got.decided, verdict::safe);
  EXPECT_NEAR(got.estimate, 0.01, 0.001);
}

} // namespace
} // namespace hive::analysis
