#include "actors/baseline/recipe_reader.hpp"

#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::AgentRecipe> read(std::string_view json) {
  auto out = read_recipe(json, 1, wire::RecipeSource::PUSHED);
  EXPECT_TRUE(out) << text_of(out.error());
  return out ? *out : msg<wire::AgentRecipe>{};
}

std::string hash_of(std::string_view json) {
  return read(json)->getStructureHash().cStr();
}

std::string warnings_of(std::string_view json) {
  std::string out;
  auto recipe = read(json);
  for (auto warning : recipe->getWarnings())
    out += std::string{warning.cStr()} + "\n";
  return out;
}

TEST(recipe_reader, reads_figures_as_hart_os_does) {
  auto recipe = read(R"({"actions":[
    {"action_id":1,"experience":{"avg_duration_seconds":2.5,"success_rate":0.95,"run_count":10,
      "tool_stats":{"a":5},"dead_ends":["p"],"effective_fallbacks":["f","g"]}},
    {"action_id":"two"},
    {"experience":{"avg_duration_seconds":1.006}}],
    "experience_meta":{"total_runs":10,"bottleneck_action_id":1}})");
  auto metrics = recipe->getMetrics();
  EXPECT_EQ(metrics.getActionCount(), 3u);
  EXPECT_EQ(metrics.getTotalExpectedDurationSeconds(), 3.51);
  EXPECT_EQ(metrics.getTotalRuns(), 10);
  EXPECT_EQ(metrics.getBottleneckActionId(), 1);
  EXPECT_EQ(metrics.getDeadEnds(), 1u);
  EXPECT_EQ(metrics.getEffectiveFallbacks(), 2u);
  auto actions = metrics.getPerAction();
  ASSERT_EQ(actions.size(), 3u);
  EXPECT_EQ(actions[0].getId(), "1");
  EXPECT_EQ(actions[0].getSuccessRate(), 0.95);
  EXPECT_EQ(actions[0].getToolStats()[0].getCount(), 5);
  EXPECT_EQ(actions[1].getId(), "two");
  EXPECT_EQ(actions[1].getSuccessRate(), 1);
  EXPECT_EQ(actions[2].getId(), "0");
  EXPECT_EQ(metrics.getSuccessRates()[0].getName(), "action_1");
  EXPECT_EQ(recipe->getWarnings().size(), 0u);
}

TEST(recipe_reader, of_two_actions_with_one_id_the_later_counts_and_both_are_actions) {
  auto metrics = read(R"({"actions":[
    {"action_id":1,"experience":{"success_rate":0.1,"avg_duration_seconds":1}},
    {"action_id":2,"experience":{"success_rate":0.2,"avg_duration_seconds":2}},
    {"action_id":"1","experience":{"success_rate":0.3,"avg_duration_seconds":4}}]})");
  EXPECT_EQ(metrics->getMetrics().getActionCount(), 3u);
  EXPECT_EQ(metrics->getMetrics().getTotalExpectedDurationSeconds(), 7);
  ASSERT_EQ(metrics->getMetrics().getPerAction().size(), 2u);
  EXPECT_EQ(metrics->getMetrics().getPerAction()[0].getSuccessRate(), 0.3);
}

TEST(recipe_reader, unusable_members_cost_themselves_alone) {
  const char* recipe = R"({"actions":[
    {"action_id":null,"experience":null},
    {"action_id":3,"experience":{"success_rate":null,"avg_duration_seconds":"long","run_count":-1,
      "tool_stats":["a"],"dead_ends":7}},
    17,
    {"action_id":4,"experience":{"success_rate":0.5,"tool_stats":{"a":2,"b":"c"}}}],
    "experience_meta":[]})";
  auto kept = read(recipe);
  auto actions = kept->getMetrics().getPerAction();
  ASSERT_EQ(actions.size(), 3u);
  EXPECT_EQ(actions[1].getSuccessRate(), 1);
  EXPECT_EQ(actions[1].getAvgDurationSeconds(), 0);
  EXPECT_EQ(actions[2].getSuccessRate(), 0.5);
  EXPECT_EQ(actions[2].getToolStats().size(), 1u);
  auto warnings = warnings_of(recipe);
  for (auto place : {"/actions/0/action_id", "/actions/0/experience", "/actions/1/experience/success_rate",
                     "/actions/1/experience/avg_duration_seconds", "/actions/1/experience/run_count",
                     "/actions/1/experience/tool_stats", "/actions/1/experience/dead_ends", "/actions/2",
                     "/actions/3/experience/tool_stats/b", "/experience_meta"})
    EXPECT_THAT(warnings, HasSubstr(place));
}

TEST(recipe_reader, a_rate_that_is_no_rate_is_not_one) {
  for (auto rate : {"-0.1", "1.5", "1e300", "true", "[]", "\"0.5\""}) {
    auto recipe = std::string{R"({"actions":[{"action_id":1,"experience":{"success_rate":)"} + rate + "}}]}";
    EXPECT_EQ(read(recipe)->getMetrics().getPerAction()[0].getSuccessRate(), 1) << rate;
    EXPECT_THAT(warnings_of(recipe), HasSubstr("success_rate")) << rate;
  }
}

TEST(recipe_reader, refuses_what_is_no_recipe) {
  for (auto text : {"", "[]", "7", "{", "{\"actions\":[}", "\"recipe\""}) {
    auto refused = read_recipe(text, 1, wire::RecipeSource::PUSHED);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(code_of(refused.error()), ec::malformed) << text;
  }
  std::string many = R"({"actions":[{})";
  for (int i = 0; i < 1'000; ++i)
    many += ",{}";
  auto refused = read_recipe(many + "]}", 1, wire::RecipeSource::PUSHED);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::too_large);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("1001"));
}

TEST(recipe_reader, warnings_are_bounded) {
  std::string recipe = R"({"actions":[0)";
  for (int i = 0; i < 999; ++i)
    recipe += ",0";
  EXPECT_EQ(read(recipe + "]}")->getWarnings().size(), 32u);
}

TEST(recipe_reader, the_structure_hash_covers_all_but_experience) {
  auto base = hash_of(
    R"({"actions":[{"action_id":1,"action":"do","experience":{"run_count":1}}],"experience_meta":{"total_runs":1}})");
  EXPECT_EQ(base.size(), 64u);
  EXPECT_EQ(
    hash_of(
      R"({"experience_meta":{"total_runs":99},"actions":[{"action":"do","experience":{"run_count":7},"action_id":1}]})"),
    base);
  EXPECT_EQ(hash_of(R"({"actions":[{"action_id":1,"action":"do"}]})"), base);
  EXPECT_NE(hash_of(R"({"actions":[{"action_id":1,"action":"do more"}]})"), base);
  EXPECT_NE(hash_of(R"({"actions":[{"action_id":2,"action":"do"}]})"), base);
  EXPECT_NE(hash_of(R"({"actions":[{"action_id":1,"action":"do"}],"name":"x"})"), base);
  // Where a value ends must not be ambiguous.
  EXPECT_NE(hash_of(R"({"actions":[],"a":"b","c":""})"), hash_of(R"({"actions":[],"a":"","c":"b"})"));
  EXPECT_NE(hash_of(R"({"actions":[],"a":[1,2]})"), hash_of(R"({"actions":[],"a":[12]})"));
  EXPECT_NE(hash_of(R"({"actions":[],"a":"1"})"), hash_of(R"({"actions":[],"a":1})"));
}

} // namespace
} // namespace hive
