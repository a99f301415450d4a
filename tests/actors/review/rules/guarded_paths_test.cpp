#include "actors/review/rules/guarded_paths.hpp"

#include "messages/msg.hpp"

#include <gmock/gmock.h>

namespace hive::review {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

msg<wire::GuardrailManifest> manifest_of(const std::string& root, const std::vector<std::string>& files) {
  return msg<wire::GuardrailManifest>::build([&](wire::GuardrailManifest::Builder out) {
    out.setRoot(root);
    auto list = out.initFiles(static_cast<uint32_t>(files.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list[i].setPath(files[i]);
  });
}

changed_file file_at(std::string path, std::string old_path = {}) {
  changed_file out;
  out.old_path = old_path.empty() ? path : std::move(old_path);
  out.path = std::move(path);
  return out;
}

TEST(guarded_paths, are_those_of_the_manifest_seen_from_the_repository) {
  EXPECT_THAT(*guarded_by(*manifest_of("", {"a", "b/c"}), "guardrail.json"), ElementsAre("a", "b/c", "guardrail.json"));
  EXPECT_THAT(*guarded_by(*manifest_of("..", {"a"}), "deploy/g.json"), ElementsAre("a", "deploy/g.json"));
  EXPECT_THAT(*guarded_by(*manifest_of("", {"a"}), "deploy/g.json"), ElementsAre("deploy/a", "deploy/g.json"));
  EXPECT_FALSE(guarded_by(*manifest_of("../..", {"a"}), "deploy/g.json")) << "leads out";
  EXPECT_FALSE(guarded_by(*manifest_of("/etc", {"passwd"}), "g.json"));
}

TEST(guarded_paths, patterns_are_paths_directories_and_globs) {
  std::vector<std::string> patterns{"exact.md", "policies/", "*.policy", "a/*/c"};
  for (const auto* path : {"exact.md", "policies/x", "policies/x/y", "root.policy", "a/b/c"})
    EXPECT_TRUE(is_protected(path, patterns)) << path;
  for (const auto* path : {"x/exact.md", "policies", "x/deep.policy", "a/b/b/c", "mypolicies/x"})
    EXPECT_FALSE(is_protected(path, patterns)) << path;
}

TEST(guarded_paths, a_renamed_file_counts_by_both_names) {
  std::vector<changed_file> files{file_at("new", "guarded"), file_at("other")};
  EXPECT_THAT(guarded_changes(files, {"guarded"}, {}), ElementsAre("guarded"));
  std::vector<std::string> patterns{"new"};
  EXPECT_THAT(guarded_changes(files, {}, patterns), ElementsAre("new"));
  EXPECT_THAT(guarded_changes(files, {}, {}), IsEmpty());
}

TEST(guarded_paths, finds_the_agent_of_a_recipe) {
  EXPECT_EQ(agent_of_recipe("prompts/71_0_recipe.json", "prompts"), (agent_name{"71", "0"}));
  EXPECT_EQ(agent_of_recipe("a/b/my_agent_main_recipe.json", "a/b"), (agent_name{"my_agent", "main"}));
  for (const auto* path :
       {"prompts/71_0_1_recipe.json", "prompts/71_recipe.json", "prompts/71_0_recipe.json.optbak", "71_0_recipe.json",
        "prompts/x/71_0_recipe.json", "prompts/_0_recipe.json", "prompts/71__recipe.json", "prompts/7 1_0_recipe.json"})
    EXPECT_FALSE(agent_of_recipe(path, "prompts")) << path;
}

} // namespace
} // namespace hive::review
