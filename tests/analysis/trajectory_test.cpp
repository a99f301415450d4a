#include "analysis/trajectory.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace hive::analysis {
namespace {

using tools = std::vector<std::string_view>;

void add(fingerprint& counts, const tools& calls, uint32_t runs = 1, bool success = true, uint32_t retries = 0) {
  for (uint32_t i = 0; i < runs; ++i)
    add_run(counts, {calls, static_cast<uint32_t>(calls.size()), retries, success});
}

TEST(trajectory, is_counted) {
  fingerprint counts;
  add(counts, {"read", "edit", "read", "edit", "test"});
  add(counts, {"read"}, 1, false, 2);
  EXPECT_EQ(counts.runs, 2u);
  EXPECT_EQ(counts.successes, 1u);
  EXPECT_EQ(counts.steps, 6u);
  EXPECT_EQ(counts.retries, 2u);
  EXPECT_EQ(counts.tools["read"].calls, 3u);
  EXPECT_EQ(counts.tools["read"].runs, 2u);
  EXPECT_EQ((counts.transitions[{"read", "edit"}]), 2u);
  EXPECT_EQ((counts.transitions[{"edit", "test"}]), 1u);
  EXPECT_EQ(counts.transitions.size(), 3u);
}

TEST(trajectory, tools_come_and_go) {
  fingerprint old_side, new_side;
  add(old_side, {"read", "grep"}, 50);
  add(old_side, {"read", "rare"}, 1);
  add(new_side, {"read", "shell"}, 50);
  auto got = compare_trajectories(old_side, new_side);
  ASSERT_EQ(got.new_tools.size(), 1u);
  EXPECT_EQ(got.new_tools[0].tool, "shell");
  EXPECT_EQ(got.new_tools[0].runs, 50u);
  EXPECT_LT(got.new_tools[0].chance, 1e-20);
  ASSERT_EQ(got.lost_tools.size(), 1u);
  EXPECT_EQ(got.lost_tools[0].tool, "grep");
  ASSERT_EQ(got.possible.size(), 1u) << "a tool used once in 51 runs may well not be used in the next 50";
  EXPECT_EQ(got.possible[0].tool, "rare");
  EXPECT_DOUBLE_EQ(got.possible[0].chance, 51.0 / 101);
}

TEST(trajectory, more_steps_for_a_success_are_worse) {
  fingerprint old_side, new_side;
  add(old_side, {"a", "b"}, 10);
  add(new_side, {"a", "b"}, 9);
  add(new_side, {"a", "b"}, 1, false);
  auto got = compare_trajectories(old_side, new_side);
  EXPECT_DOUBLE_EQ(got.steps_per_success.old_value, 2);
  EXPECT_DOUBLE_EQ(got.steps_per_success.new_value, 20.0 / 9);
  EXPECT_TRUE(got.steps_per_success.worse);
  EXPECT_FALSE(got.retries_per_run.worse);
  EXPECT_EQ(got.transition_distance, 0);
  EXPECT_FALSE(compare_trajectories(new_side, old_side).steps_per_success.worse);
}

TEST(trajectory, what_is_not_defined_is_not_a_number) {
  fingerprint nothing, failures;
  add(failures, {"a"}, 3, false, 1);
  auto got = compare_trajectories(nothing, failures);
  EXPECT_TRUE(std::isnan(got.steps_per_success.old_value));
  EXPECT_TRUE(std::isnan(got.steps_per_success.new_value));
  EXPECT_FALSE(got.steps_per_success.worse);
  EXPECT_TRUE(std::isnan(got.transition_distance));
  EXPECT_TRUE(got.new_tools.empty());
  ASSERT_EQ(got.possible.size(), 1u);
  EXPECT_EQ(got.possible[0].chance, 1) << "without runs before, all runs are on the new side";
}

TEST(trajectory, the_order_of_tools_is_a_difference) {
  fingerprint one_way, other_way, half;
  add(one_way, {"a", "b"}, 4);
  add(other_way, {"b", "a"}, 4);
  add(half, {"a", "b"}, 2);
  add(half, {"b", "a"}, 2);
  EXPECT_EQ(compare_trajectories(one_way, other_way).transition_distance, 1);
  EXPECT_EQ(compare_trajectories(one_way, half).transition_distance, 0.5);
}

TEST(trajectory, bounds_hold_and_hide_nothing) {
  fingerprint counts;
  std::vector<std::string> names;
  for (size_t i = 0; i < 2 * max_fingerprint_tools; ++i)
    names.push_back("tool" + std::to_string(i));
  tools calls;
  for (const auto& a : names)
    for (const auto& b : {names[0], a})
      calls.push_back(b == a ? std::string_view{a} : std::string_view{names[0]});
  add(counts, calls);
  EXPECT_EQ(counts.tools.size(), max_fingerprint_tools);
  EXPECT_EQ(counts.other_tools, max_fingerprint_tools);
  uint64_t pairs = counts.other_transitions;
  for (const auto& [pair, count] : counts.transitions)
    pairs += count;
  EXPECT_EQ(pairs, calls.size() - 1);
  EXPECT_LE(counts.transitions.size(), max_fingerprint_transitions);

  fingerprint other;
  add(other, {"unknown"}, 1'000);
  EXPECT_TRUE(compare_trajectories(counts, other).new_tools.empty()) << "it may be one of those that are not listed";

  fingerprint loop;
  add(loop, tools(max_counted_calls + 5, "again"));
  EXPECT_EQ(loop.tools["again"].calls, max_counted_calls);
  EXPECT_EQ(loop.other_tools, 5u);
}

} // namespace
} // namespace hive::analysis
