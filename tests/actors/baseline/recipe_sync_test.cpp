#include "actors/baseline/recipe_sync.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

/// All steps from here to there, each carried out as the baselines do.
std::vector<sync_step> steps(const folder_agent& there, stored_inputs here, bool changes_structure = true) {
  using enum sync_step;
  std::vector<sync_step> out;
  while (out.size() < 9) {
    auto step = next_step(there, here);
    if (step == none)
      return out;
    out.push_back(step);
    if (step == put_recipe)
      here.owes_capture = changes_structure;
    if (step == put_recipe || step == retire_recipe) {
      here.recipe_hash = *there.recipe_hash;
      here.is_from_folder = true;
    }
    if (step == put_prompt || step == capture_prompt_change)
      here.prompt_hash = there.prompt_hash;
    if (step == capture_recipe_change)
      here.owes_capture = false;
  }
  ADD_FAILURE() << "does not end";
  return out;
}

using sync_steps = std::vector<sync_step>;

TEST(recipe_sync, a_new_agent_gets_recipe_and_prompt_before_its_first_capture) {
  using enum sync_step;
  EXPECT_EQ(steps({"r", "p"}, {}), (sync_steps{put_recipe, put_prompt, capture_recipe_change}));
  EXPECT_EQ(steps({"r", ""}, {}), (sync_steps{put_recipe, capture_recipe_change}));
}

TEST(recipe_sync, changed_experience_alone_is_no_capture) {
  using enum sync_step;
  EXPECT_EQ(steps({"r2", "p"}, {"r1", true, "p", false}, false), sync_steps{put_recipe});
}

TEST(recipe_sync, what_is_equal_is_left_alone) {
  using enum sync_step;
  EXPECT_EQ(steps({"r", "p"}, {"r", true, "p", false}), sync_steps{});
  EXPECT_EQ(steps({"", "p"}, {}), sync_steps{}) << "neither there nor here";
  EXPECT_EQ(steps({std::nullopt, "p"}, {}), sync_steps{}) << "an unusable file makes no agent known";
}

TEST(recipe_sync, a_changed_prompt_is_captured_and_a_first_one_is_not) {
  using enum sync_step;
  EXPECT_EQ(steps({"r", "p2"}, {"r", true, "p1", false}), sync_steps{capture_prompt_change});
  EXPECT_EQ(steps({"r", "p1"}, {"r", true, "", false}), sync_steps{put_prompt});
  EXPECT_EQ(steps({"r", ""}, {"r", true, "p1", false}), sync_steps{}) << "a removed prompt is no change";
  EXPECT_EQ(steps({std::nullopt, "p2"}, {"r", true, "p1", false}), sync_steps{capture_prompt_change})
    << "although the recipe is unusable now";
}

TEST(recipe_sync, recipe_and_prompt_changed_are_two_captures) {
  using enum sync_step;
  EXPECT_EQ(steps({"r2", "p2"}, {"r1", true, "p1", false}),
            (sync_steps{put_recipe, capture_recipe_change, capture_prompt_change}));
}

TEST(recipe_sync, a_recipe_without_file_is_retired_unless_somebody_pushed_it) {
  using enum sync_step;
  EXPECT_EQ(steps({"", "p2"}, {"r", true, "p1", false}), sync_steps{retire_recipe});
  EXPECT_EQ(steps({"", "p2"}, {"r", false, "p1", false}), sync_steps{});
  EXPECT_EQ(steps({"", ""}, {"", true, "", false}), sync_steps{}) << "retired already";
}

TEST(recipe_sync, the_folder_takes_over_a_pushed_recipe) {
  using enum sync_step;
  EXPECT_EQ(steps({"r", ""}, {"r", false, "", false}, false), sync_steps{put_recipe});
}

TEST(recipe_sync, a_capture_that_the_node_could_not_make_is_owed) {
  constexpr int64_t put_at = 1'000'000'000, minute = 60'000'000;
  auto recipe = [](bool changed, wire::RecipeSource source = wire::RecipeSource::FOLDER, bool retired = false) {
    return msg<wire::AgentRecipe>::build([&](wire::AgentRecipe::Builder out) {
      out.setReceivedAt(put_at);
      out.setStructureChanged(changed);
      out.setSource(source);
      out.setRetired(retired);
    });
  };
  auto agent = [](int64_t created) {
    return msg<wire::Agent>::build([&](wire::Agent::Builder out) { out.setCreationAt(created); });
  };
  EXPECT_TRUE(owes_capture(*agent(0), *recipe(true), 0));
  EXPECT_TRUE(owes_capture(*agent(put_at - minute), *recipe(true), put_at - minute));
  EXPECT_FALSE(owes_capture(*agent(0), *recipe(true), put_at + 1)) << "made";
  EXPECT_FALSE(owes_capture(*agent(put_at - minute + 1), *recipe(true), put_at - minute + 1)) << "part of the creation";
  EXPECT_FALSE(owes_capture(*agent(0), *recipe(false), 0));
  EXPECT_FALSE(owes_capture(*agent(0), *recipe(true, wire::RecipeSource::PUSHED), 0));
  EXPECT_FALSE(owes_capture(*agent(0), *recipe(true, wire::RecipeSource::FOLDER, true), 0));
}

} // namespace
} // namespace hive
