#include "actors/upgrade/stages/stage_counts.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using analysis::good_bad;

TEST(stage_counts, blocks_are_a_minute_and_as_many_as_a_slot_holds) {
  EXPECT_EQ(block_length(0), 0u);
  EXPECT_EQ(block_length(1), 1u);
  EXPECT_EQ(block_length(10), 1u);
  EXPECT_EQ(block_length(100), 10u);
  EXPECT_EQ(block_length(600), 60u);
  EXPECT_EQ(block_length(32 * 60), 60u);
  EXPECT_EQ(block_length(32 * 60 + 1), 61u);
  EXPECT_EQ(block_length(86'400), 2'700u);
  for (uint32_t duration = 1; duration <= most_stage_s; duration += 1 + duration / 100) {
    EXPECT_LE(last_block(duration), most_stage_blocks) << duration;
    EXPECT_GE(uint64_t{last_block(duration)} * block_length(duration), uint64_t{2} * duration) << duration;
  }
  EXPECT_EQ(last_block(0), 0u);
  EXPECT_EQ(last_block(most_stage_s), most_stage_blocks);
}

TEST(stage_counts, what_is_between_two_totals_is_known_only_within_a_run) {
  running_total before{1, 100, 10};
  auto counted = between(before, running_total{1, 150, 11});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->good, 49);
  EXPECT_EQ(counted->bad, 1);
  EXPECT_TRUE(between(before, before));
  EXPECT_FALSE(between(std::nullopt, before));
  EXPECT_FALSE(between(before, std::nullopt));
  EXPECT_FALSE(between(before, running_total{2, 150, 11}));
  EXPECT_FALSE(between(before, running_total{1, 99, 10})) << "it shrank";
  EXPECT_FALSE(between(before, running_total{1, 150, 9}));
  EXPECT_FALSE(between(before, running_total{1, 101, 12})) << "more failures than tasks";
  EXPECT_FALSE(between(running_total{1, 0, 0}, running_total{1, 0xffff'ffff, 0})) << "too many";
}

analysis::canary_options all_on() {
  return {.duration_s = 600};
}

health_totals totals(uint64_t all, uint64_t bad) {
  return {running_total{1, all, bad}, running_total{1, 2 * all, bad}, running_total{1, 3 * all, bad}};
}

TEST(stage_counts, a_block_has_what_was_counted_and_checked) {
  auto block = count_block(all_on(), 7, totals(10, 1), totals(20, 2), {.guardrail = true, .world_model = false});
  ASSERT_TRUE(block);
  EXPECT_EQ(block->number, 7u);
  EXPECT_EQ(block->tasks.good, 9);
  EXPECT_EQ(block->tasks.bad, 1);
  EXPECT_EQ(block->requests.all(), 20);
  EXPECT_EQ(block->world_model.all(), 31);
  EXPECT_EQ(block->world_model.bad, 2) << "one is the check";
  EXPECT_EQ(block->guardrail.good, 1);
  EXPECT_EQ(block->guardrail.bad, 0);
  block = count_block(all_on(), 0, totals(0, 0), totals(0, 0), {.guardrail = false});
  EXPECT_EQ(block->guardrail.bad, 1);
  EXPECT_EQ(block->tasks.all(), 0) << "nothing happened, and that is known";
  EXPECT_EQ(count_block(all_on(), 0, totals(0, 0), totals(0, 0), {})->guardrail.all(), 0);
}

TEST(stage_counts, a_block_without_a_count_that_is_on_is_not_told) {
  auto options = all_on();
  auto after = totals(1, 0);
  after.requests.reset();
  EXPECT_FALSE(count_block(options, 0, totals(0, 0), after, {.guardrail = true}));
  options.error_rate.is_on = false;
  auto block = count_block(options, 0, totals(0, 0), after, {.guardrail = true});
  ASSERT_TRUE(block);
  EXPECT_EQ(block->requests.all(), 0);
  options.success_rate.is_on = false;
  EXPECT_EQ(count_block(options, 0, totals(0, 0), after, {})->tasks.all(), 0) << "what is off is not counted";
}

TEST(stage_counts, time_passes_without_a_block) {
  stage_counts counts{.track = 1, .proposal = "p", .stage = 2, .block_s = 60};
  counts.add(analysis::health_block{.number = 0});
  counts.add(std::nullopt);
  counts.add(analysis::health_block{.number = 2});
  EXPECT_EQ(counts.observed_blocks, 3u);
  ASSERT_EQ(counts.blocks.size(), 2u);
  EXPECT_EQ(counts.blocks[1].number, 2u);
}

TEST(stage_counts, a_stage_is_the_same_by_track_proposal_number_and_block) {
  stage_counts one{.track = 1, .proposal = "p", .stage = 2, .block_s = 60};
  auto other = one;
  other.observed_blocks = 5;
  EXPECT_TRUE(one.is_same_stage(other));
  EXPECT_FALSE(one.is_same_stage({.track = 0, .proposal = "p", .stage = 2, .block_s = 60}));
  EXPECT_FALSE(one.is_same_stage({.track = 1, .proposal = "q", .stage = 2, .block_s = 60}));
  EXPECT_FALSE(one.is_same_stage({.track = 1, .proposal = "p", .stage = 3, .block_s = 60}));
  EXPECT_FALSE(one.is_same_stage({.track = 1, .proposal = "p", .stage = 2, .block_s = 61}));
}

} // namespace
} // namespace hive
