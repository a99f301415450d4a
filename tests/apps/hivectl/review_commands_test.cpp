#include "messages/review.capnp.h"
#include "messages/review_formats.capnp.h"
#include "messages/text.hpp"
#include "platform/http_client.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"
#include "tests/support/git_commands.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

/// A real node and a repository with one test, which `topic` breaks.
class review_commands : public testing::Test {
protected:
  review_commands() {
    repository.put("t/a", "pass\n");
    repository.put("code", "1\n");
    repository.commit("the base");
    repository.git("branch base");
    repository.put("code", "2\n");
    repository.commit("Better code");
    repository.git("branch good");
    repository.put("t/a", "fail\n");
    repository.commit("Worse");
  }

  /// `review run` with a small test command that writes TAP.
  program_result run(const std::string& head, std::vector<std::string> more = {}) {
    std::vector<std::string> words{
      "review",
      "run",
      "--repo",
      repository.path().string(),
      "--base",
      "base",
      "--head",
      head,
      "--tests",
      "if grep -q pass t/a; then echo 'ok 1 - t/a'; else echo 'not ok 1 - t/a'; bad=1; fi; "
      "echo 1..1; exit ${bad:-0}"};
    words.insert(words.end(), more.begin(), more.end());
    return hivectl(node, words);
  }

  temporary_directory temp;
  git_checkout repository{temp.path() / "repository"};
  running_node node;
};

TEST_F(review_commands, tell_the_decision_by_the_exit_status) {
  auto good = run("good");
  if (good.err.find("bubblewrap") != std::string::npos)
    GTEST_SKIP() << good.err;
  EXPECT_EQ(good.status, 0) << good.err;
  EXPECT_THAT(good.out,
              AllOf(HasSubstr("Decision     approve"), HasSubstr("1 of 1 pass"), HasSubstr("simple: 1 file")));
  auto bad = run("main");
  EXPECT_EQ(bad.status, 1) << bad.err;
  EXPECT_THAT(bad.out, AllOf(HasSubstr("Decision     reject"), HasSubstr("new failure"), HasSubstr("t/a")));
  auto flagged = run("good", {"--guardian", "exit 1"});
  EXPECT_EQ(flagged.status, 2) << flagged.err;
  auto shown = hivectl(node, {"review", "show", "r2"});
  EXPECT_EQ(shown.status, 1);
  EXPECT_EQ(shown.out, bad.out);
  auto listed = hivectl(node, {"review", "list"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_THAT(listed.out,
              AllOf(HasSubstr("approve"), HasSubstr("reject"), HasSubstr("flag"), HasSubstr("Better code")));
  EXPECT_LT(listed.out.find("r3 "), listed.out.find("r1 ")) << "newest first";
}

TEST_F(review_commands, write_every_form) {
  auto json = run("main", {"--json"});
  if (json.err.find("bubblewrap") != std::string::npos)
    GTEST_SKIP() << json.err;
  EXPECT_EQ(as_view(parse<wire::Review>(json.out)->getId()), "r1");
  auto show = [&](const std::string& form) { return hivectl(node, {"review", "show", "r1", "--format", form}).out; };
  EXPECT_THAT(show("markdown"), StartsWith("<!-- hivemark-review -->"));
  EXPECT_THAT(show("junit"), HasSubstr("<testsuites"));
  EXPECT_EQ(as_view(parse<wire::Sarif>(show("sarif"))->getVersion()), "2.1.0");
  EXPECT_EQ(parse<wire::CheckRuns>(show("check-run"))->getCalls().size(), 1u);
  auto file = (temp.path() / "comment.md").string();
  auto written = hivectl(node, {"review", "show", "r1", "--format", "markdown", "--out", file});
  EXPECT_EQ(written.status, 1) << "the decision's";
  EXPECT_THAT(written.out, IsEmpty());
  EXPECT_EQ(file_text(file), show("markdown"));
  auto unwritable = hivectl(node, {"review", "show", "r1", "--format", "junit", "--out", "/no/such/directory/x"});
  EXPECT_EQ(unwritable.status, 74);
}

TEST_F(review_commands, take_known_failures_from_a_file) {
  auto file = put_file(temp.path() / "known", "# broken since May\r\nt/a\r\n\n").string();
  auto out = run("main", {"--known-failures", file, "--no-base"});
  if (out.err.find("bubblewrap") != std::string::npos)
    GTEST_SKIP() << out.err;
  EXPECT_EQ(out.status, 0) << out.out << out.err;
  EXPECT_THAT(out.out, HasSubstr("known failure"));
  EXPECT_EQ(run("main", {"--known-failures", "/no/such/file"}).status, 74);
}

TEST_F(review_commands, say_what_is_wrong_with_a_request) {
  auto unknown = run("nowhere");
  if (unknown.err.find("bubblewrap") != std::string::npos)
    GTEST_SKIP() << unknown.err;
  EXPECT_EQ(unknown.status, 66);
  EXPECT_THAT(unknown.err, HasSubstr("head nowhere does not exist"));
  EXPECT_EQ(hivectl(node, {"review", "run"}).status, 64);
  EXPECT_EQ(hivectl(node, {"review", "show", "r99"}).status, 66);
  EXPECT_EQ(run("main", {"--format", "pdf"}).status, 64);
  EXPECT_EQ(run("main", {"--results", "../x", "--test-format", "junit"}).status, 65);
}

/// A recipe whose action succeeds this often.
std::string recipe_of(const std::string& rate) {
  return R"({"actions":[{"action_id":1,"experience":{"success_rate":)" + rate + "}}]}";
}

TEST_F(review_commands, reject_a_recipe_with_which_an_agent_gets_worse) {
  http::outgoing_request put;
  put.method = "PUT";
  put.url = node.url() + "/api/v1/agents/71/0/recipe";
  put.headers = {"Content-Type: application/json"};
  put.body = recipe_of("0.9");
  auto stored = http::fetch(put);
  ASSERT_TRUE(stored && stored->status == 200) << (stored ? stored->body : text_of(stored.error()));
  ASSERT_EQ(hivectl(node, {"agent", "capture", "71/0"}).status, 0);
  repository.git("checkout -q good");
  repository.put("prompts/71_0_recipe.json", recipe_of("0.5"));
  repository.commit("Another recipe");
  repository.git("branch worse");
  auto worse = run("worse");
  if (worse.err.find("bubblewrap") != std::string::npos)
    GTEST_SKIP() << worse.err;
  EXPECT_EQ(worse.status, 1) << worse.err;
  EXPECT_THAT(worse.out, HasSubstr("agent 71_0 gets worse: action_1_success_rate: 0.900 → 0.500"));
  repository.put("prompts/71_0_recipe.json", recipe_of("0.95"));
  repository.commit("A better one");
  repository.git("branch better");
  EXPECT_EQ(run("better").status, 0);
  repository.put("prompts/72_0_recipe.json", recipe_of("0.95"));
  repository.commit("One without a baseline");
  repository.git("branch unknown");
  auto unknown = run("unknown");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_THAT(unknown.out, HasSubstr("agent 72_0 cannot be judged: no baseline to compare"));
}

TEST_F(review_commands, need_the_operators_role) {
  // hivectl without the operator's token: a node without tokens lets everybody record, not operate.
  auto refused = hivectl(node.url(), {"review", "run", "--repo", repository.path().string(), "--base", "base"});
  EXPECT_EQ(refused.status, 77) << refused.err;
}

} // namespace
} // namespace hive::test
