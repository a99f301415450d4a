// Changes whose authors want more than a review: nothing of theirs runs outside of the sandbox.

#include "tests/actors/review/reviewer_fixture.hpp"

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::ReviewDecision;

class hostile_repository : public reviewer_test {
protected:
  void SetUp() override {
    if (!has_sandbox())
      GTEST_SKIP() << sandbox::describe_unavailable("");
  }

  void TearDown() override {
    stop();
    EXPECT_FALSE(fs::exists(canary)) << "something ran outside of the sandbox";
  }

  temporary_directory outside;
  std::string canary = (outside.path() / "canary").string();
  std::string plant = "touch " + canary;
};

TEST_F(hostile_repository, its_commands_reach_nothing_outside) {
  auto secret = put_file(outside.path() / "secret", "the secret").string();
  repository.put("t/evil", plant + "; cat " + secret + "; cat /etc/shadow; kill -9 " + std::to_string(getpid()) +
                             "; (setsid sh -c 'sleep 0.2; " + plant + "' &) ; exit 0\n");
  repository.commit();
  review_draft draft;
  draft.lint = {"/bin/sh", "-c", plant + "; cat " + secret + "; exit 1"};
  draft.guardian = {"/bin/sh", "-c", plant + "; exit 0"};
  auto out = review(draft);
  EXPECT_TRUE(out->getSandboxed());
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  for (auto issue : out->getPrecommit().getIssues())
    EXPECT_THAT(std::string{as_view(issue.getOutput())}, testing::Not(HasSubstr("the secret")));
  EXPECT_EQ(out->getTestResults().getPassed(), 3u);
}

TEST_F(hostile_repository, hooks_filters_attributes_and_configuration_do_not_run) {
  for (const auto* hook : {"post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"}) {
    repository.put(std::string{".git/hooks/"} + hook, "#!/bin/sh\n" + plant + "\n");
    fs::permissions(repository.path() / ".git/hooks" / hook, fs::perms::owner_all);
  }
  repository.put(".gitattributes", "* filter=evil diff=evil merge=evil\n");
  repository.put("code.txt", "2\n");
  repository.put(".gitmodules", "[submodule \"m\"]\n path = m\n url = ext::sh -c touch% " + canary + "\n");
  repository.git("-c core.hooksPath=/dev/null add -A");
  repository.git("-c core.hooksPath=/dev/null update-index --add --cacheinfo 160000," +
                 repository.git("rev-parse HEAD") + ",m");
  repository.git("-c core.hooksPath=/dev/null commit -q -m hostile");
  auto evil = "sh -c '" + plant + "; cat'";
  for (const auto* key : {"filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "diff.evil.textconv",
                          "diff.evil.command", "merge.evil.driver", "core.fsmonitor", "core.sshCommand",
                          "core.gitProxy", "core.pager", "uploadpack.packObjectsHook", "gpg.program"})
    repository.shell("git config --file .git/config " + std::string{key} + " \"" + evil + "\"");
  fs::remove(canary);
  auto out = review();
  EXPECT_EQ(out->getError().size(), 0u) << reason(out);
  EXPECT_EQ(out->getTestResults().getPassed(), 2u);
  EXPECT_EQ(out->getDiffStats().getFilesChanged(), 4u) << "attributes hide no file";
}

TEST_F(hostile_repository, a_tree_with_ways_out_is_rejected) {
  auto blob = repository.git("rev-parse HEAD:code.txt");
  auto link = repository.shell("printf %s ../../../../../etc/passwd | git hash-object -w --stdin");
  struct way {
    std::string tree;
    const char* says;
  };
  for (const auto& [tree, says] : {way{tree_entry("100644", "..", blob), "no file name"},
                                   way{tree_entry("100644", ".GIT", blob), "stands for .git"},
                                   way{tree_entry("120000", "link", link), "link out of the tree"}}) {
    review_draft draft;
    draft.head = repository.commit_tree(repository.store_tree(tree));
    auto out = review(draft);
    EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
    EXPECT_THAT(reason(out), HasSubstr(says));
    EXPECT_EQ(out->getTestResults().getTotal(), 0u) << "its tests did not run";
    EXPECT_GT(out->getDiffStats().getFilesChanged(), 0u);
  }
  EXPECT_THAT(fs::is_empty(options.directory), true);
}

TEST_F(hostile_repository, what_its_tests_leave_behind_is_removed) {
  repository.put("t/mess", "mkdir -p deep/er; ln -s / deep/er/root; chmod 0 deep/er; exit 0\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  EXPECT_TRUE(fs::is_empty(options.directory));
  EXPECT_TRUE(fs::exists("/etc/passwd"));
}

TEST_F(hostile_repository, a_review_is_refused_where_sandboxes_do_not_work) {
  // A PATH without bubblewrap.
  auto path = std::string{std::getenv("PATH")};
  fs::create_directory(outside.path() / "bin");
  fs::create_symlink("/usr/bin/prlimit", outside.path() / "bin/prlimit");
  ::setenv("PATH", (outside.path() / "bin").c_str(), 1);
  auto refused = submit({});
  ::setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::unsupported);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("package bubblewrap"));
  EXPECT_THAT(text_of(refused.error()), HasSubstr("sandbox = \"off\""));
  EXPECT_EQ(code_of(find("r1").error()), ec::not_found);
}

TEST_F(hostile_repository, pytest_runs_in_the_sandbox_by_default) {
  repository.git("rm -q -r t");
  repository.put("tests/test_a.py", "def test_one():\n    pass\n\n\ndef test_two():\n    pass\n");
  repository.commit();
  repository.git("branch -f base");
  repository.put("tests/test_a.py", "def test_one():\n    assert False\n\n\ndef test_two():\n    pass\n");
  repository.commit();
  review_draft draft;
  draft.tests = {};
  auto out = review(draft);
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(names(out->getComparison().getNewFailures()), testing::ElementsAre("tests.test_a::test_one"))
    << reason(out);
  EXPECT_EQ(out->getTestResults().getPassed(), 1u);
}

} // namespace
} // namespace hive
