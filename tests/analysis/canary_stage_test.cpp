#include "tests/analysis/canary_scene.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <limits>

namespace hive::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// What is wrong after a change; the stage is then inconclusive, whatever was counted.
std::string problem_after(const std::function<void(stage_view&)>& change) {
  auto view = healthy_stage();
  view.nodes[0].blocks[0].guardrail.bad = 1;
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed);
  change(view);
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, verdict::inconclusive);
  EXPECT_EQ(got.reason, problem_of(view).value_or("none"));
  EXPECT_TRUE(got.criteria.empty());
  return got.reason;
}

TEST(canary_stage, names_what_is_wrong_with_the_nodes) {
  EXPECT_EQ(problem_after([](auto& view) { view.nodes.clear(); }), "the stage has no canary");
  EXPECT_EQ(problem_after([](auto& view) { view.nodes[0].is_canary = false; }), "the stage has no canary");
  EXPECT_EQ(problem_after([](auto& view) { view.nodes[2].node = "n0"; }), "n0 is both canary and control");
  EXPECT_EQ(problem_after([](auto& view) { view.nodes[2].node = "n1"; }), "n1 is listed twice");
  EXPECT_EQ(problem_after([](auto& view) { view.nodes[2].node.clear(); }), "a node has no id");
  EXPECT_EQ(problem_after([](auto& view) { view.nodes.resize(65); }), "more than 64 nodes");
}

TEST(canary_stage, names_what_is_wrong_with_the_times) {
  EXPECT_EQ(problem_after([](auto& view) { view.options.duration_s = 0; }), "the duration of the stage is 0");
  EXPECT_EQ(problem_after([](auto& view) { view.options.block_s = 0; }), "the length of a block is 0");
  EXPECT_EQ(problem_after([](auto& view) { view.options.responding_grace_s = 0; }), "responding_grace is 0");
  EXPECT_EQ(problem_after([](auto& view) { view.options.duration_s = 720 * 60 + 1; }),
            "the stage of 43201 s has more than 720 blocks of 60 s");
  auto view = healthy_stage();
  view.options.duration_s = 720 * 60;
  EXPECT_FALSE(problem_of(view));
}

TEST(canary_stage, names_what_is_wrong_with_the_criteria) {
  for (double margin : {nan, 0.0, -0.1, 1.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(problem_after([&](auto& view) { view.options.success_rate.margin = margin; }),
              "the margin of success_rate is not in (0, 1)");
    EXPECT_EQ(problem_after([&](auto& view) { view.options.error_rate.margin = margin; }),
              "the margin of error_rate is not in (0, 1)");
    EXPECT_EQ(problem_after([&](auto& view) { view.options.world_model.margin = margin; }),
              "the margin of world_model is not in (0, 1)");
  }
  EXPECT_EQ(problem_after([](auto& view) { view.options.error_rate.least_traffic = 0; }),
            "the least traffic of error_rate is 0");
  for (double share : {nan, 0.0, -1.0, 1.01}) {
    EXPECT_EQ(problem_after([&](auto& view) { view.options.least_coverage = share; }),
              "the least coverage is not in (0, 1]");
    EXPECT_EQ(problem_after([&](auto& view) { view.options.most_control_failures = share; }),
              "the most failures of controls are not in (0, 1]");
  }
  auto all_off = [](auto& view) {
    auto& options = view.options;
    options.success_rate.is_on = options.error_rate.is_on = options.world_model.is_on = false;
    options.guardrail = options.responding = options.benchmarks = false;
  };
  EXPECT_EQ(problem_after(all_off), "no criterion is on");
  auto view = healthy_stage();
  view.options.error_rate = {false, nan, 0};
  EXPECT_FALSE(problem_of(view)) << "a criterion that is off may have any margin";
}

/// What is left out after a change of the canary's blocks.
std::string left_out_after(const std::function<void(std::vector<health_block>&)>& change, uint32_t node = 0) {
  auto view = healthy_stage();
  change(view.nodes[node].blocks);
  auto got = judge_stage(view);
  EXPECT_EQ(got.decided, node == 0 ? verdict::inconclusive : verdict::safe) << got.reason;
  return got.left_out.size() == 1 ? got.left_out[0] : "none or many";
}

TEST(canary_stage, leaves_out_blocks_that_cannot_be) {
  EXPECT_EQ(left_out_after([](auto& blocks) { std::swap(blocks[3], blocks[4]); }), "n0 tells block 3 after block 4");
  EXPECT_EQ(left_out_after([](auto& blocks) { blocks[4].number = 3; }), "n0 tells block 3 after block 3");
  EXPECT_EQ(left_out_after([](auto& blocks) { blocks[9].number = most_blocks; }),
            "n0 tells block 1440: there are at most 1440");
  EXPECT_EQ(left_out_after([](auto& blocks) { std::swap(blocks[3], blocks[4]); }, 2), "n2 tells block 3 after block 4")
    << "the other controls suffice";
}

TEST(canary_stage, leaves_out_counts_that_cannot_be) {
  constexpr auto most = std::numeric_limits<int64_t>::max();
  for (auto counts :
       {&health_block::tasks, &health_block::requests, &health_block::world_model, &health_block::guardrail})
    for (good_bad bad : {good_bad{-1, 0}, {0, -1}, {most_in_block + 1, 0}, {0, most}, {most, most}, {0, -most - 1}})
      EXPECT_EQ(left_out_after([&](auto& blocks) { blocks[5].*counts = bad; }),
                "n0 tells a negative or too large count in block 5");
}

TEST(canary_stage, the_largest_counts_are_judged) {
  auto view = healthy_stage();
  for (auto& node : view.nodes)
    for (auto& block : node.blocks)
      block.tasks = {most_in_block, node.is_canary ? most_in_block : 0};
  EXPECT_EQ(judge_stage(view).decided, verdict::regressed);
}

TEST(canary_stage, counts_whole_blocks) {
  auto view = healthy_stage();
  EXPECT_EQ(duration_blocks(view.options), 10u);
  view.options.duration_s = 601;
  EXPECT_EQ(duration_blocks(view.options), 11u);
  view.observed_s = 659;
  EXPECT_EQ(observed_blocks(view), 10u);
  view.observed_s = std::numeric_limits<uint32_t>::max();
  EXPECT_EQ(observed_blocks(view), most_blocks);
}

TEST(canary_stage, every_criterion_has_a_name) {
  for (size_t i = 0; i < canary_criteria; ++i)
    EXPECT_NE(name_of(static_cast<canary_criterion>(i)), "unknown");
}

} // namespace
} // namespace hive::analysis
