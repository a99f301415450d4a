#include "tests/analysis/canary_scene.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

using enum canary_criterion;

TEST(canary_health, a_healthy_stage_is_safe) {
  auto got = judge_stage(healthy_stage());
  EXPECT_EQ(got.decided, verdict::safe) << got.reason;
  EXPECT_EQ(got.reason, "every criterion is safe");
  ASSERT_EQ(got.criteria.size(), canary_criteria);
  for (size_t i = 0; i < canary_criteria; ++i) {
    EXPECT_EQ(static_cast<size_t>(got.criteria[i].criterion), i);
    EXPECT_EQ(got.criteria[i].decided, verdict::safe) << got.criteria[i].reason;
    EXPECT_EQ(got.criteria[i].rates.has_value(), i < 3);
  }
  EXPECT_TRUE(got.left_out.empty());
}

TEST(canary_health, nothing_is_safe_before_the_duration_is_observed) {
  auto view = healthy_stage();
  view.observed_s = 599;
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  for (const auto& each : got.criteria)
    EXPECT_EQ(each.decided, verdict::inconclusive) << name_of(each.criterion);
  EXPECT_EQ(judgement_of(got, guardrail).reason,
            "the guardrail is intact on every canary so far: 599 of 600 s are observed");
  view.options.success_rate.is_on = view.options.error_rate.is_on = view.options.world_model.is_on = false;
  EXPECT_EQ(judge_stage(view).decided, verdict::inconclusive);
  view.observed_s = 600;
  EXPECT_EQ(judge_stage(view).decided, verdict::safe);
}

TEST(canary_health, each_share_alone_can_be_regressed) {
  for (auto [criterion, counts] : {std::pair{success_rate, &health_block::tasks},
                                   {error_rate, &health_block::requests},
                                   {world_model, &health_block::world_model}}) {
    auto view = healthy_stage();
    view.observed_s = 550; // regressed before the end
    for (auto& block : view.nodes[0].blocks)
      block.*counts = {0, (block.*counts).all() * 2};
    auto got = judge_stage(view);
    EXPECT_EQ(got.decided, verdict::regressed);
    EXPECT_EQ(got.reason.find(name_of(criterion)), 0u) << got.reason;
    for (const auto& each : got.criteria)
      EXPECT_EQ(each.decided == verdict::regressed, each.criterion == criterion) << name_of(each.criterion);
  }
}

TEST(canary_health, a_criterion_that_is_off_does_not_count) {
  auto view = healthy_stage();
  view.options.success_rate.is_on = false;
  for (auto& block : view.nodes[0].blocks)
    block.tasks = {0, 100};
  EXPECT_EQ(judge_stage(view).decided, verdict::safe);
  EXPECT_EQ(judge_stage(view).criteria.size(), canary_criteria - 1);
}

TEST(canary_health, levels_are_shared_among_the_shares_that_are_on) {
  auto view = healthy_stage();
  auto all = judgement_of(judge_stage(view), success_rate).rates->regressed_level;
  view.options.error_rate.is_on = view.options.world_model.is_on = false;
  EXPECT_DOUBLE_EQ(judgement_of(judge_stage(view), success_rate).rates->regressed_level, 3 * all);
}

TEST(canary_health, failures_of_controls_at_the_same_time_are_not_blamed_on_canaries) {
  auto view = healthy_stage();
  for (auto& node : view.nodes)
    for (uint32_t minute = 2; minute < 8; ++minute)
      node.blocks[minute].tasks = {50, 50};
  EXPECT_NE(judge_stage(view).decided, verdict::regressed);
  for (uint32_t node = 1; node < 5; ++node)
    for (auto& block : view.nodes[node].blocks)
      block.tasks = {100, 0};
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed) << "the same failures on the canary alone";
}

// -- guardrail ---------------------------------------------------------------------

TEST(canary_health, a_violated_guardrail_is_regressed_at_once) {
  auto view = healthy_stage();
  view.observed_s = 1;
  view.nodes[0].blocks[0].guardrail = {5, 1};
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_EQ(got.reason, "guardrail: the guardrail is violated on n0");
  for (auto& node : view.nodes)
    node.blocks[0].guardrail = {5, 1};
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed) << "whatever the controls find";
}

TEST(canary_health, a_violation_on_a_control_is_not_the_canary_s) {
  auto view = healthy_stage();
  view.nodes[1].blocks[0].guardrail = {0, 1};
  EXPECT_EQ(judge_stage(view).decided, verdict::safe);
}

TEST(canary_health, an_unchecked_guardrail_is_no_pass) {
  auto view = healthy_stage();
  for (auto& block : view.nodes[0].blocks)
    block.guardrail = {};
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "guardrail: no check of the guardrail on n0");
}

// -- responding --------------------------------------------------------------------

TEST(canary_health, a_silent_canary_is_regressed_after_the_grace) {
  auto view = healthy_stage();
  auto at = [&](uint32_t silent) {
    view.nodes[0].silent_s = silent;
    return judgement_of(judge_stage(view), responding);
  };
  EXPECT_EQ(at(29).decided, verdict::safe);
  EXPECT_EQ(at(30).decided, verdict::inconclusive);
  EXPECT_EQ(at(59).reason, "n0 is silent for 59 s of 60 s");
  EXPECT_EQ(at(60).decided, verdict::regressed);
  EXPECT_EQ(at(60).reason, "n0 is silent for 60 s");
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed);
}

TEST(canary_health, a_canary_never_heard_of_is_silent_since_the_beginning) {
  auto view = healthy_stage();
  view.nodes[0].silent_s = {};
  EXPECT_EQ(judgement_of(judge_stage(view), responding).decided, verdict::regressed);
  view.observed_s = 10;
  EXPECT_EQ(judgement_of(judge_stage(view), responding).reason, "n0 is silent for 10 s of 60 s");
}

TEST(canary_health, a_judge_that_hears_nobody_blames_nobody) {
  auto view = healthy_stage();
  view.nodes[0].silent_s = 100;
  view.nodes[1].silent_s = 100; // one of the three controls beside the judge
  EXPECT_EQ(judgement_of(judge_stage(view), responding).decided, verdict::regressed);
  view.nodes[2].silent_s = 100;
  auto cut_off = judgement_of(judge_stage(view), responding);
  EXPECT_EQ(cut_off.decided, verdict::inconclusive);
  EXPECT_EQ(cut_off.reason, "n0 is silent for 100 s, and so is half of the controls or more");
  view.judge = "n0"; // one more control counts, and it is heard
  view.nodes[4].silent_s = 1;
  EXPECT_EQ(judgement_of(judge_stage(view), responding).decided, verdict::inconclusive) << "half of four";
  view.nodes[2].silent_s = 1;
  EXPECT_EQ(judgement_of(judge_stage(view), responding).decided, verdict::regressed);
}

TEST(canary_health, where_the_judge_is_the_only_control_a_silent_canary_is_regressed) {
  auto view = healthy_stage();
  view.nodes = {view.nodes[0], view.nodes[4]};
  view.nodes[0].silent_s = 60;
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed);
}

// -- benchmarks --------------------------------------------------------------------

TEST(canary_health, benchmarks_worse_on_canaries_alone_are_regressed) {
  auto view = healthy_stage();
  view.observed_s = 100;
  view.nodes[0].regressed_benchmarks = {"bench.a", "bench.b"};
  view.nodes[2].regressed_benchmarks = {"bench.b"};
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::regressed);
  EXPECT_EQ(got.reason, "benchmarks: bench.a: worse on canaries alone");
  view.nodes[2].regressed_benchmarks = {"bench.b", "bench.a"};
  got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(judgement_of(got, benchmarks).reason, "bench.a and bench.b: worse on canaries and on controls");
}

TEST(canary_health, benchmarks_that_did_not_run_are_no_pass) {
  auto view = healthy_stage();
  view.nodes[0].has_benchmarks = false;
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "benchmarks: no judged benchmarks on n0");
  view = healthy_stage();
  view.nodes[1].has_benchmarks = false;
  EXPECT_EQ(judge_stage(view).decided, verdict::safe) << "a control's are not needed";
}

// -- what is missing ---------------------------------------------------------------

TEST(canary_health, a_canary_must_tell_most_blocks) {
  auto view = healthy_stage();
  auto& blocks = view.nodes[0].blocks;
  blocks.erase(blocks.begin() + 3, blocks.begin() + 5);
  EXPECT_EQ(judge_stage(view).decided, verdict::safe) << "8 of 10";
  blocks.erase(blocks.begin() + 3);
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(judgement_of(got, success_rate).reason, "n0 tells 7 of 10 blocks of time");
  EXPECT_EQ(judgement_of(got, guardrail).reason, "n0 tells 7 of 10 blocks of time");
}

TEST(canary_health, some_control_must_tell_most_blocks) {
  auto view = healthy_stage();
  for (uint32_t node = 1; node < 5; ++node) {
    auto& blocks = view.nodes[node].blocks;
    blocks.erase(blocks.begin() + (node % 2 ? 0 : 5), blocks.begin() + (node % 2 ? 5 : 10));
  }
  EXPECT_EQ(judge_stage(view).decided, verdict::safe) << "half of them by turns";
  for (uint32_t node = 1; node < 5; ++node)
    view.nodes[node].blocks = healthy_stage().nodes[node].blocks, view.nodes[node].blocks.resize(7);
  EXPECT_EQ(judgement_of(judge_stage(view), success_rate).reason, "the controls tell 7 of 10 blocks of time");
}

TEST(canary_health, without_traffic_nothing_passes) {
  auto view = healthy_stage();
  for (auto& block : view.nodes[0].blocks)
    block.tasks = {};
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason.find("success_rate: too little traffic: 0 tasks on canaries and 0 on controls"), 0u)
    << got.reason;
}

TEST(canary_health, without_a_control_nothing_is_safe) {
  auto view = healthy_stage();
  view.nodes.resize(1);
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(judgement_of(got, success_rate).reason, "no control to compare with");
  view.options.success_rate.is_on = view.options.error_rate.is_on = view.options.world_model.is_on = false;
  got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, "no control to compare with");
  view.nodes[0].blocks[0].guardrail.bad = 1;
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed);
}

TEST(canary_health, blocks_beyond_what_is_observed_wait) {
  auto view = healthy_stage();
  view.nodes[0].blocks.push_back(block_of(10, {0, 100'000}));
  for (uint32_t node = 1; node < 5; ++node)
    view.nodes[node].blocks.push_back(block_of(10, {100, 0}));
  EXPECT_EQ(judge_stage(view).decided, verdict::safe);
}

TEST(canary_health, the_order_of_the_nodes_does_not_matter) {
  auto view = healthy_stage();
  for (auto& block : view.nodes[0].blocks)
    block.tasks = {97, 3};
  auto there = judge_stage(view);
  std::swap(view.nodes[1], view.nodes[3]);
  std::swap(view.nodes[0], view.nodes[2]);
  auto back = judge_stage(view);
  EXPECT_EQ(there.decided, back.decided);
  EXPECT_EQ(there.reason, back.reason);
}

} // namespace
} // namespace hive::analysis
