#include "analysis/block_rates.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

block_series canary(std::vector<good_bad> blocks) {
  return {true, std::move(blocks)};
}

block_series control(std::vector<good_bad> blocks) {
  return {false, std::move(blocks)};
}

TEST(block_rates, weighs_blocks_by_the_traffic_of_both_sides) {
  // Weights 10·30/40 = 7.5 and 40·40/80 = 20.
  std::vector<block_series> nodes{canary({{8, 2}, {39, 1}}), control({{30, 0}, {36, 4}})};
  auto got = compare_blocks(nodes, 2);
  EXPECT_EQ(got.blocks, 2u);
  EXPECT_EQ(got.canary_counts.bad, 3);
  EXPECT_EQ(got.control_counts.all(), 70);
  EXPECT_NEAR(got.canary.share + got.common, (7.5 * 0.2 + 20 * 0.025) / 27.5, 1e-15);
  EXPECT_NEAR(got.control.share + got.common, (20 * 0.1) / 27.5, 1e-15);
  EXPECT_NEAR(got.canary.trials * got.design_effect, 27.5 * 27.5 / (7.5 * 7.5 / 10 + 20 * 20 / 40.), 1e-12);
}

TEST(block_rates, only_blocks_with_traffic_on_both_sides_compare) {
  std::vector<block_series> nodes{canary({{10, 0}, {0, 9}, {0, 0}, {10, 1}}),
                                  control({{10, 0}, {0, 0}, {0, 9}, {10, 1}})};
  auto got = compare_blocks(nodes, 4);
  EXPECT_EQ(got.blocks, 2u);
  EXPECT_EQ(got.canary_counts.bad, 1);
  EXPECT_EQ(got.control_counts.bad, 1);
  EXPECT_EQ(compare_blocks(nodes, 1).canary_counts.all(), 10) << "only the first blocks";
}

TEST(block_rates, nothing_compares_without_a_side) {
  for (const auto& nodes :
       {std::vector{canary({{10, 0}})}, std::vector{control({{10, 0}})}, std::vector<block_series>{}}) {
    auto got = compare_blocks(nodes, nodes.empty() ? 0 : 1);
    EXPECT_EQ(got.blocks, 0u);
    EXPECT_EQ(got.canary.trials, 0);
    EXPECT_EQ(got.control.trials, 0);
    EXPECT_EQ(got.design_effect, 1);
  }
}

TEST(block_rates, independent_failures_have_no_design_effect) {
  std::vector<good_bad> even(6, good_bad{18, 2});
  std::vector<block_series> nodes{canary(even), control(even), control(even), control(even)};
  auto got = compare_blocks(nodes, 6);
  EXPECT_EQ(got.design_effect, 1);
  EXPECT_NEAR(got.canary.trials, 120, 1e-12);
  EXPECT_NEAR(got.control.trials, 360, 1e-12);
}

TEST(block_rates, what_fails_on_both_sides_at_the_same_time_is_taken_off) {
  std::vector<good_bad> outage{{20, 0}, {20, 0}, {0, 20}, {0, 20}, {20, 0}, {18, 2}};
  std::vector<good_bad> controls{{20, 0}, {20, 0}, {0, 20}, {0, 20}, {20, 0}, {20, 0}};
  std::vector<block_series> nodes{canary(outage), control(controls), control(controls)};
  auto got = compare_blocks(nodes, 6);
  EXPECT_NEAR(got.canary.share - got.control.share, 2. / 120, 1e-15) << "the difference stays";
  EXPECT_NEAR(got.common, 1. / 3, 0.01);
  EXPECT_LT(got.canary.share, 0.03);
}

TEST(block_rates, failures_all_the_time_are_not_taken_off) {
  std::vector<good_bad> steady(5, good_bad{12, 8}), most(5, good_bad{4, 16});
  EXPECT_NEAR(compare_blocks(std::vector{canary(steady), control(steady)}, 5).common, 0, 1e-2);
  EXPECT_EQ(compare_blocks(std::vector{canary(most), control(most)}, 5).common, 0) << "above one half: never";
}

TEST(block_rates, bursts_of_one_side_are_a_design_effect) {
  std::vector<good_bad> burst(10, good_bad{20, 0}), quiet(10, good_bad{80, 0});
  burst[4] = {10, 10};
  auto got = compare_blocks(std::vector{canary(burst), control(quiet)}, 10);
  // By hand: differences .5 and nine times 0 around .05, equal weights: 10/9·(.45² + 9·.05²) = .25 in units of the
  // weight; by chance 10·.05·.95/20 = .02375 of the canary, nothing of the controls.
  EXPECT_NEAR(got.common, 0, 0.05);
  EXPECT_GT(got.design_effect, 9);
}

TEST(block_rates, nodes_that_differ_are_a_design_effect) {
  std::vector<good_bad> good(10, good_bad{100, 0}), bad(10, good_bad{90, 10});
  auto alike = compare_blocks(std::vector{canary(good), control(good), control(good), control(good)}, 10);
  auto unlike = compare_blocks(std::vector{canary(good), control(good), control(good), control(bad)}, 10);
  EXPECT_EQ(alike.design_effect, 1);
  // Per block 10 of 300 fail: the nodes are off by −10/3, −10/3, 20/3 of a hypergeometric variance of
  // 100·(1/30)(29/30)·200/299; ten blocks add up, and 1 + √(2/2) is taken off.
  double variance = 10 * 100 * (1. / 30) * (29. / 30) * (200. / 299);
  double squares = 2 * std::pow(100. / 3, 2) + std::pow(200. / 3, 2);
  EXPECT_NEAR(unlike.design_effect, squares / (3 * variance) / 2, 1e-9);
}

TEST(block_rates, bursts_of_nodes_by_turns_are_a_design_effect) {
  std::vector<block_series> nodes(5, {false, std::vector<good_bad>(4, {20, 0})});
  nodes[0] = {true, std::vector<good_bad>(4, {35, 5})};
  for (size_t i = 0; i < 4; ++i)
    nodes[i + 1].blocks[i] = {10, 10};
  // Neither the sides differ in any block nor the nodes over all. In a block 10 of 80 fail: one node is off by 7.5,
  // three by −2.5, of a hypergeometric variance of 20·(1/8)(7/8)·60/79 each.
  double variance = 20 * (1. / 8) * (7. / 8) * (60. / 79);
  EXPECT_NEAR(compare_blocks(nodes, 4).design_effect, (7.5 * 7.5 + 3 * 2.5 * 2.5) / (4 * variance), 1e-9);
}

TEST(block_rates, sums_of_the_largest_counts_are_exact) {
  std::vector<good_bad> most(4, good_bad{most_in_block, most_in_block});
  std::vector<block_series> nodes(64, control(most));
  nodes[0].is_canary = true;
  auto got = compare_blocks(nodes, 4);
  EXPECT_EQ(got.control_counts.bad, 63 * 4 * most_in_block);
  EXPECT_DOUBLE_EQ(got.canary.share, 0.5);
  EXPECT_DOUBLE_EQ(got.control.share, 0.5);
}

} // namespace
} // namespace hive::analysis
