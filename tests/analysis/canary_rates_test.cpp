#include "analysis/canary_rates.hpp"

#include "analysis/group_sequential.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

const rate_rule by_two_points{true, 0.02, 50};

std::string nothing_missing(uint32_t) {
  return {};
}

/// A canary and four controls with the same counts in every block.
std::vector<block_series> five_nodes(good_bad canary, good_bad control, size_t blocks = 20) {
  std::vector<block_series> out(5, {false, std::vector(blocks, control)});
  out[0] = {true, std::vector(blocks, canary)};
  return out;
}

rate_judgement judge(const std::vector<block_series>& nodes, uint32_t observed, stage_progress progress = {10},
                     const rate_rule& rule = by_two_points) {
  progress.observed_blocks = observed;
  return judge_rate(nodes, rule, progress, nothing_missing, "tasks");
}

TEST(canary_looks, levels_spend_what_they_say) {
  std::vector<uint32_t> looks, safe_looks;
  for (const auto& each : canary_looks) {
    looks.push_back(each.percent);
    if (each.safe_level > 0)
      safe_looks.push_back(each.percent);
  }
  auto regressed = spending_levels(canary_regressed_level, looks, canary_spent);
  auto safe = spending_levels(canary_safe_level, safe_looks);
  for (size_t i = 0; i < canary_looks.size(); ++i) {
    EXPECT_DOUBLE_EQ(canary_looks[i].regressed_level, regressed[i]) << i;
    EXPECT_DOUBLE_EQ(canary_looks[i].safe_level, i < 3 ? 0 : safe[i - 3]) << i;
  }
}

TEST(canary_rates, looks_at_quarters_of_the_duration) {
  auto nodes = five_nodes({20, 0}, {20, 0});
  auto early = judge(nodes, 2);
  EXPECT_FALSE(early.at);
  EXPECT_EQ(early.reason, "the first look at tasks is after 3 blocks of time: 2 are observed");
  for (auto [observed, until] : {std::pair{3u, 3u}, {4u, 3u}, {5u, 5u}, {7u, 5u}, {8u, 8u}, {9u, 8u}, {10u, 10u}})
    EXPECT_EQ(judge(nodes, observed).at->until_block, until) << observed;
}

TEST(canary_rates, a_version_that_fails_everything_is_found_at_the_first_look) {
  auto got = judge(five_nodes({0, 20}, {20, 0}), 10);
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_EQ(got.at->until_block, 3u);
  EXPECT_LE(got.at->p_worse, canary_looks[0].regressed_level);
}

TEST(canary_rates, tells_the_numbers_of_a_regression) {
  auto got = judge(five_nodes({17, 3}, {39, 1}), 10);
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_DOUBLE_EQ(got.at->difference, 0.125);
  EXPECT_EQ(got.at->rates.design_effect, 1);
  EXPECT_EQ(got.at->rates.control_counts.all(), 160 * got.at->until_block);
  EXPECT_LE(got.at->p_beyond_margin, beyond_margin_level);
  EXPECT_GT(got.at->p_within_margin, 0.9);
  EXPECT_LT(got.at->range.lower, 0.125);
  EXPECT_EQ(got.reason, "15% of 60 tasks fail on canaries, 2.5% of 480 on controls: 12.5 points more (5.4 to 23.7), "
                        "surely worse (p 3.3e-06) and very likely by more than the margin of 2 points (p 0.00032)");
}

TEST(canary_rates, surely_worse_by_less_than_the_margin_is_no_regression) {
  auto got = judge(five_nodes({4'900, 100}, {9'900, 100}), 9);
  EXPECT_LT(got.at->p_worse, 1e-6);
  EXPECT_EQ(got.decided, verdict::inconclusive) << "too early to be safe";
  EXPECT_NE(got.reason.find("not surely beyond the margin of 2 points so far"), std::string::npos) << got.reason;
  EXPECT_EQ(judge(five_nodes({4'900, 100}, {9'900, 100}), 10).decided, verdict::safe);
}

TEST(canary_rates, the_level_of_a_regression_is_shared) {
  // 7.5% against 3%: found alone, not among a million.
  auto nodes = five_nodes({37, 3}, {97, 3});
  auto alone = judge(nodes, 10), among_many = judge(nodes, 10, {.duration_blocks = 10, .shares = 1'000'000});
  EXPECT_EQ(alone.decided, verdict::regressed);
  EXPECT_EQ(among_many.decided, verdict::inconclusive);
  EXPECT_DOUBLE_EQ(among_many.at->regressed_level, canary_looks[3].regressed_level / 1e6);
}

TEST(canary_rates, later_blocks_do_not_change_what_is_decided) {
  auto nodes = five_nodes({0, 20}, {20, 0});
  for (size_t block = 3; block < 20; ++block)
    nodes[0].blocks[block] = {20, 0};
  EXPECT_EQ(judge(nodes, 3).decided, verdict::regressed);
  auto later = judge(nodes, 20);
  EXPECT_EQ(later.decided, verdict::regressed);
  EXPECT_EQ(later.at->until_block, 3u);
}

TEST(canary_rates, goes_on_to_twice_the_duration) {
  auto nodes = five_nodes({10, 0}, {20, 0});
  auto at_end = judge(nodes, 10);
  EXPECT_EQ(at_end.decided, verdict::inconclusive) << "100 tasks without a failure may be 2% worse";
  EXPECT_NE(at_end.reason.find("on canaries are needed in all"), std::string::npos) << at_end.reason;
  EXPECT_EQ(judge(nodes, 14).at->until_block, 10u);
  auto at_last = judge(nodes, 20);
  EXPECT_EQ(at_last.decided, verdict::safe);
  EXPECT_EQ(at_last.at->until_block, 20u);
}

TEST(canary_rates, says_when_no_look_is_left) {
  auto got = judge(five_nodes({9, 1}, {18, 2}), 20);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_NE(got.reason.find("it was the last look: only a longer stage can tell"), std::string::npos) << got.reason;
  auto worse = judge(five_nodes({48, 2}, {99, 1}), 10);
  EXPECT_EQ(worse.decided, verdict::inconclusive);
  EXPECT_FALSE(worse.at->canary_trials_needed) << "it is worse by 3 points, as far as is known";
  EXPECT_NE(worse.reason.find("more traffic is unlikely to make it safe"), std::string::npos) << worse.reason;
}

TEST(canary_rates, the_trials_said_to_be_needed_suffice) {
  auto got = judge(five_nodes({10, 0}, {20, 0}), 10);
  ASSERT_TRUE(got.at->canary_trials_needed);
  auto per_block = static_cast<int64_t>(*got.at->canary_trials_needed / 10 + 1);
  EXPECT_GT(per_block, 10);
  EXPECT_EQ(judge(five_nodes({per_block, 0}, {20, 0}), 10).decided, verdict::safe);
}

TEST(canary_rates, too_little_traffic_on_either_side_decides_nothing) {
  auto few = judge(five_nodes({0, 4}, {20, 0}), 10);
  EXPECT_EQ(few.decided, verdict::inconclusive);
  EXPECT_EQ(few.reason,
            "too little traffic: 40 tasks on canaries and 800 on controls at the same time: 50 are needed on "
            "each side");
  EXPECT_FALSE(few.at);
  EXPECT_EQ(judge(five_nodes({0, 5}, {20, 0}), 10).decided, verdict::regressed) << "exactly as many as are needed";
  EXPECT_EQ(judge(five_nodes({0, 20}, {1, 0}), 10).decided, verdict::inconclusive);
  EXPECT_EQ(judge(five_nodes({0, 0}, {20, 0}), 20).decided, verdict::inconclusive) << "no traffic is no pass";
  EXPECT_EQ(judge(five_nodes({0, 0}, {0, 0}), 20).decided, verdict::inconclusive);
}

TEST(canary_rates, traffic_at_other_times_does_not_compare) {
  auto nodes = five_nodes({20, 0}, {20, 0});
  for (auto& node : nodes)
    for (size_t block = 0; block < 20; ++block)
      if (node.is_canary == (block % 2 == 0))
        node.blocks[block] = {};
  EXPECT_NE(judge(nodes, 20).reason.find("too little traffic: 0 tasks"), std::string::npos);
}

TEST(canary_rates, two_blocks_tell_no_noise) {
  auto nodes = five_nodes({0, 500}, {500, 0});
  for (auto& node : nodes)
    std::fill(node.blocks.begin() + 2, node.blocks.end(), good_bad{});
  auto got = judge(nodes, 10);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "only 2 blocks of time have tasks on both sides: 3 are needed");
}

TEST(canary_rates, every_canary_needs_its_part) {
  auto nodes = five_nodes({500, 0}, {500, 0});
  nodes[1] = {true, std::vector<good_bad>(20)};
  auto got = judge(nodes, 10);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "a canary has 0 tasks: each needs 13");
  nodes[1].blocks[0] = {13, 0};
  EXPECT_EQ(judge(nodes, 10).decided, verdict::safe);
}

TEST(canary_rates, failures_of_all_are_not_blamed_on_canaries) {
  for (uint32_t minutes : {2, 5, 10}) {
    auto nodes = five_nodes({500, 5}, {500, 5});
    for (auto& node : nodes)
      for (uint32_t block = 0; block < minutes; ++block)
        node.blocks[block] = {10, 495};
    EXPECT_NE(judge(nodes, 10).decided, verdict::regressed) << minutes;
  }
}

TEST(canary_rates, nothing_is_safe_while_most_fails_for_all) {
  auto nodes = five_nodes({2'000, 3'000}, {2'000, 3'000});
  auto got = judge(nodes, 20, {.duration_blocks = 10, .most_control_failures = 0.5});
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "60% fail on the controls: above 50% nothing can be told of canaries");
  EXPECT_EQ(judge(nodes, 20, {.duration_blocks = 10, .most_control_failures = 0.7}).decided, verdict::safe);
}

TEST(canary_rates, what_is_missing_withholds_safe_and_nothing_else) {
  auto missing = [](uint32_t blocks) { return blocks <= 10 ? std::string{"n0 tells little"} : std::string{}; };
  auto good = five_nodes({500, 0}, {500, 0}), bad = five_nodes({0, 20}, {20, 0});
  stage_progress progress{10, 10};
  auto held = judge_rate(good, by_two_points, progress, missing, "tasks");
  EXPECT_EQ(held.decided, verdict::inconclusive);
  EXPECT_EQ(held.reason, "n0 tells little");
  EXPECT_EQ(judge_rate(bad, by_two_points, progress, missing, "tasks").decided, verdict::regressed);
  progress.observed_blocks = 15;
  EXPECT_EQ(judge_rate(good, by_two_points, progress, missing, "tasks").decided, verdict::safe);
}

TEST(canary_rates, a_stage_of_few_blocks_looks_once_at_each) {
  auto nodes = five_nodes({500, 0}, {500, 0});
  EXPECT_FALSE(judge(nodes, 2, {1}).at) << "two blocks are the last look, and tell no noise";
  auto of_two = judge(nodes, 4, {2});
  EXPECT_EQ(of_two.decided, verdict::safe);
  EXPECT_EQ(of_two.at->until_block, 3u);
  EXPECT_DOUBLE_EQ(of_two.at->safe_level, canary_looks[4].safe_level);
}

} // namespace
} // namespace hive::analysis
