#include "analysis/item_gate.hpp"
#include "analysis/paired.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

verdict judged(uint32_t items, uint32_t broken, uint32_t fixed, const gate_options& options = {}) {
  return judge_items({items, broken, fixed}, options).decided;
}

TEST(item_gate, without_flips_the_same_items_pass) {
  EXPECT_EQ(judged(1, 0, 0), verdict::safe);
  EXPECT_EQ(judged(500, 0, 0), verdict::safe);
}

TEST(item_gate, a_few_broken_of_many_are_within_the_margin) {
  EXPECT_EQ(judged(100, 1, 0), verdict::safe);
  EXPECT_EQ(judged(100, 4, 0), verdict::safe);
  EXPECT_EQ(judged(15, 1, 0), verdict::inconclusive);
  EXPECT_EQ(judged(40, 3, 1), verdict::inconclusive);
}

TEST(item_gate, surely_more_broken_than_fixed_is_a_regression) {
  auto got = judge_items({100, 5, 0}, {});
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_EQ(got.reason, gate_reason::more_items_fail);
  EXPECT_EQ(got.p_worse, 1.0 / 32);
  EXPECT_EQ(got.p_worse, mcnemar_exact(5, 0).p_worse);
  EXPECT_NEAR(got.loss, 0.05, 1e-15);
  // The same flips among ten critical metrics could be chance.
  EXPECT_EQ(judged(100, 5, 0, {.critical_metrics = 10}), verdict::safe);
  EXPECT_EQ(judged(90, 5, 0, {.critical_metrics = 10}), verdict::inconclusive);
}

TEST(item_gate, flaky_items_that_flip_both_ways_are_no_regression) {
  EXPECT_EQ(judged(1'000, 20, 20), verdict::safe);
  EXPECT_EQ(judged(50, 10, 10), verdict::inconclusive);
}

TEST(item_gate, nothing_to_judge_is_never_safe) {
  EXPECT_EQ(judge_items({0, 0, 0}, {}).reason, gate_reason::too_few_values);
  EXPECT_EQ(judge_items({3, 2, 2}, {}).reason, gate_reason::uneven_sides);
  EXPECT_EQ(judge_items({9, 0, 0}, {.margin = 1}).reason, gate_reason::bad_options);
  EXPECT_EQ(judged(9, 4'000'000'000, 4'000'000'000), verdict::inconclusive);
}

TEST(item_gate, the_binomial_bound_is_exact) {
  EXPECT_EQ(binomial_upper_bound(4, 4, 0.05), 1);
  EXPECT_NEAR(binomial_upper_bound(0, 1, 0.05), 0.95, 1e-12);
  EXPECT_NEAR(binomial_upper_bound(0, 10, 0.05), 1 - 0.7411344491069477, 1e-12); // 1 − .05^(1/10)
  EXPECT_NEAR(binomial_upper_bound(1, 2, 0.05), 0.9746794344808963, 1e-12);      // √.95
}

} // namespace
} // namespace hive::analysis
