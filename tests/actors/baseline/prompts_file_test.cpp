#include "actors/baseline/prompts_file.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(prompts_file, recipes_name_their_agent) {
  struct {
    const char *name, *prompt, *flow;
  } const cases[] = {{"71_0_recipe.json", "71", "0"},
                     {"a_b_0_recipe.json", "a_b", "0"},
                     {"weekly-report_main_recipe.json", "weekly-report", "main"},
                     {"my_71_0_1_recipe.json", "my_71_0", "1"}};
  for (const auto& [name, prompt, flow] : cases) {
    auto file = prompts_file_of(name);
    EXPECT_EQ(file.what, prompts_file::kind::recipe) << name;
    EXPECT_EQ(file.who, (stored_agent{prompt, flow})) << name;
    EXPECT_EQ(recipe_file_of(file.who), name);
  }
}

TEST(prompts_file, a_prompt_is_that_of_all_its_flows) {
  for (const char* name : {"71.json", "a_b.json", "71_0.json"}) {
    auto file = prompts_file_of(name);
    EXPECT_EQ(file.what, prompts_file::kind::prompt) << name;
    EXPECT_EQ(prompt_file_of(file.who.prompt), name);
  }
}

TEST(prompts_file, files_of_one_action_backups_and_temporary_files_are_no_agents) {
  for (const char* name :
       {"71_0_1_recipe.json", "71_0_recipe.json.tmp", "71_0_recipe.json.optbak", "71_0_recipe.json~",
        ".71_0_recipe.json", ".71.json", "README.md", "71.old.json", "", ".", "recipe.json.tmp", "71_0_recipe.jsonx"})
    EXPECT_EQ(prompts_file_of(name).what, prompts_file::kind::other) << name;
}

TEST(prompts_file, a_recipe_that_names_no_agent_is_named_with_the_reason) {
  for (const char* name : {"71_recipe.json", "_recipe.json", "71.old_0_recipe.json", "71_0.5_recipe.json",
                           "71__recipe.json", "71_007_recipe.json", "\xff_0_recipe.json", "a b_0_recipe.json"}) {
    auto file = prompts_file_of(name);
    EXPECT_EQ(file.what, prompts_file::kind::misnamed) << name;
    EXPECT_FALSE(file.fault.empty()) << name;
  }
  EXPECT_NE(prompts_file_of("71_007_recipe.json").fault.find("71_7_recipe.json"), std::string::npos);
}

} // namespace
} // namespace hive
