#include "tests/actors/review/reviewer_fixture.hpp"

#include "actors/benchmark/guardrail/guardrail_manifest.hpp"
#include "storage/review_store.hpp"

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using wire::ReviewDecision;

/// Reviews whose commands need no sandbox, so that these tests run everywhere.
class matrix_of_reviews : public reviewer_test {
protected:
  matrix_of_reviews() {
    options.sandbox = false;
  }
};

TEST_F(matrix_of_reviews, approves_a_simple_change_without_a_new_failure) {
  repository.put("code.txt", "2\n");
  auto head = repository.commit("Better code");
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  EXPECT_EQ(as_view(out->getHead()), head);
  EXPECT_EQ(as_view(out->getTitle()), "Better code");
  EXPECT_EQ(out->getChangeComplexity(), wire::ChangeComplexity::SIMPLE);
  EXPECT_EQ(out->getDiffStats().getFilesChanged(), 1u);
  EXPECT_EQ(out->getDiffStats().getAdditions(), 1u);
  EXPECT_EQ(out->getTestResults().getPassed(), 2u);
  EXPECT_EQ(out->getTestResults().getPassRate(), 1);
  EXPECT_TRUE(out->getBaseTests().getMeasured());
  EXPECT_FALSE(out->getSandboxed());
  EXPECT_TRUE(fs::is_empty(options.directory)) << "its checkouts are removed";
}

TEST_F(matrix_of_reviews, an_empty_change_is_simple) {
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  EXPECT_EQ(out->getDiffStats().getFilesChanged(), 0u);
}

TEST_F(matrix_of_reviews, rejects_a_new_failure_and_lists_old_ones) {
  repository.put("t/old", "fail\n");
  repository.commit();
  repository.git("branch -f base");
  repository.put("code.txt", "2\n");
  repository.commit();
  auto old_only = review();
  EXPECT_EQ(old_only->getDecision(), ReviewDecision::APPROVE) << reason(old_only);
  EXPECT_THAT(names(old_only->getComparison().getOldFailures()), ElementsAre("t/old"));
  repository.put("t/a", "fail\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(names(out->getComparison().getNewFailures()), ElementsAre("t/a"));
  EXPECT_THAT(names(out->getComparison().getOldFailures()), ElementsAre("t/old"));
  EXPECT_THAT(reason(out), HasSubstr("t/a"));
  EXPECT_TRUE(out->getBaseTests().getCached()) << "the first review had measured this base";
  EXPECT_EQ(out->getBaseTests().getRuns(), defaults::max_base_runs) << "a new failure might be a flaky test";
}

TEST_F(matrix_of_reviews, a_test_that_is_flaky_at_the_base_cannot_reject) {
  auto counter = (temp.path() / "counter").string();
  put_file(counter, "");
  // Fails in every second run: base, head, base again, and once more.
  repository.put("t/flaky", "echo >> " + counter + "; test $(( $(wc -l < " + counter + ") % 2 )) = 1\n");
  repository.commit();
  repository.git("branch -f base");
  repository.put("code.txt", "2\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  ASSERT_THAT(names(out->getComparison().getFlaky()), ElementsAre("t/flaky"));
  auto flaky = out->getComparison().getFlaky().getTests()[0];
  EXPECT_EQ(flaky.getBaseRuns(), 3u);
  EXPECT_EQ(flaky.getBaseFailures(), 1u);
}

TEST_F(matrix_of_reviews, rejects_tests_that_vanish_and_flags_deleted_test_files) {
  repository.git("rm -q t/b");
  repository.commit("one fewer");
  auto deleted = review();
  EXPECT_EQ(deleted->getDecision(), ReviewDecision::FLAG) << reason(deleted);
  EXPECT_THAT(words(deleted->getComparison().getDeletedFiles()), ElementsAre("t/b"));
  repository.git("reset -q --hard base");
  // The file is left, but the tests do not see it any more.
  repository.git("config core.fileMode true");
  auto fewer = folder_tests;
  fewer[2] = "if [ -f hidden ]; then rm t/b; fi; " + fewer[2];
  repository.put("hidden", "");
  repository.commit();
  review_draft draft;
  draft.tests = fewer;
  auto vanished = review(draft);
  EXPECT_EQ(vanished->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(names(vanished->getComparison().getVanished()), ElementsAre("t/b"));
}

TEST_F(matrix_of_reviews, flags_tests_that_are_skipped_from_now_on) {
  repository.put("t/b", "skip\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::FLAG) << reason(out);
  EXPECT_THAT(names(out->getComparison().getNewlySkipped()), ElementsAre("t/b"));
}

TEST_F(matrix_of_reviews, flags_what_is_not_simple) {
  repository.put("long.txt", [] {
    std::string lines;
    for (int i = 0; i < 100; ++i)
      lines += "line\n";
    return lines;
  }());
  repository.commit();
  auto moderate = review();
  EXPECT_EQ(moderate->getDecision(), ReviewDecision::FLAG);
  EXPECT_EQ(moderate->getChangeComplexity(), wire::ChangeComplexity::MODERATE);
  for (int i = 0; i < 11; ++i)
    repository.put("file" + std::to_string(i), "x\n");
  repository.commit();
  EXPECT_EQ(review()->getChangeComplexity(), wire::ChangeComplexity::COMPLEX);
}

TEST_F(matrix_of_reviews, reports_lint_and_blocks_by_it_where_configured) {
  repository.put("code.txt", "2\n");
  repository.commit();
  review_draft draft;
  draft.lint = {"/bin/sh", "-c", "echo 'code.txt:1:1: bad style'; exit 1"};
  auto reported = review(draft);
  EXPECT_EQ(reported->getDecision(), ReviewDecision::APPROVE) << reason(reported);
  EXPECT_FALSE(reported->getPrecommit().getPassed());
  ASSERT_EQ(reported->getPrecommit().getIssues().size(), 1u);
  EXPECT_EQ(as_view(reported->getPrecommit().getIssues()[0].getPath()), "code.txt");
  stop();
  options.lint_blocks = true;
  EXPECT_EQ(review(draft)->getDecision(), ReviewDecision::REJECT);
  draft.lint = {"/bin/true"};
  EXPECT_EQ(review(draft)->getDecision(), ReviewDecision::APPROVE);
}

TEST_F(matrix_of_reviews, a_command_that_cannot_start_is_never_a_pass) {
  repository.put("code.txt", "2\n");
  repository.commit();
  review_draft draft;
  draft.lint = {"no-such-linter"};
  auto lint = review(draft);
  EXPECT_EQ(lint->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(lint), HasSubstr("no-such-linter"));
  draft.lint = {"/bin/sh", "-c", "no-such-linter ."};
  EXPECT_EQ(review(draft)->getDecision(), ReviewDecision::REJECT);
  draft = {};
  draft.guardian = {"no-such-guardian"};
  EXPECT_THAT(reason(review(draft)), HasSubstr("no-such-guardian"));
  draft = {};
  draft.tests = {"no-such-tests"};
  auto out = review(draft);
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(out), HasSubstr("no-such-tests"));
}

TEST_F(matrix_of_reviews, tests_that_run_none_are_an_error) {
  repository.put("code.txt", "2\n");
  repository.commit();
  review_draft draft;
  draft.tests = {"/bin/true"};
  auto silent = review(draft);
  EXPECT_EQ(silent->getDecision(), ReviewDecision::REJECT);
  draft.tests = {"/bin/sh", "-c", "echo 1..0"};
  auto none = review(draft);
  EXPECT_EQ(none->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(none), HasSubstr("no test"));
  draft.tests = {"/bin/sleep", "100"};
  draft.timeout_s = 0.2;
  auto slow = review(draft);
  EXPECT_EQ(slow->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(slow), HasSubstr("time limit"));
}

TEST_F(matrix_of_reviews, a_results_file_of_the_repository_is_no_result) {
  repository.put("results.xml", "<testsuite><testcase name='planted'/></testsuite>");
  repository.commit();
  review_draft draft;
  draft.tests = {"/bin/true"};
  draft.results_file = "results.xml";
  draft.format = "junit";
  auto out = review(draft);
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT) << reason(out);
  draft.tests = {"/bin/sh", "-c", "echo \"<testsuite><testcase name='real'/></testsuite>\" > results.xml"};
  EXPECT_EQ(review(draft)->getTestResults().getPassed(), 1u);
  // A link out of the checkout is not followed.
  auto secret = put_file(temp.path() / "secret.xml", "<testsuite><testcase name='secret'/></testsuite>");
  draft.tests = {"/bin/ln", "-s", secret.string(), "results.xml"};
  auto linked = review(draft);
  EXPECT_EQ(linked->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(linked), HasSubstr("leads out"));
}

TEST_F(matrix_of_reviews, a_violated_limit_of_the_guardian_makes_a_change_moderate) {
  repository.put("code.txt", "2\n");
  repository.commit();
  review_draft draft;
  draft.guardian = {"/bin/sh", "-c", "echo 'code.txt:1: complexity 20'; exit 1"};
  auto out = review(draft);
  EXPECT_EQ(out->getDecision(), ReviewDecision::FLAG);
  EXPECT_EQ(out->getChangeComplexity(), wire::ChangeComplexity::MODERATE);
}

TEST_F(matrix_of_reviews, a_guarded_file_makes_a_change_complex) {
  options.protected_paths = {"policies/"};
  repository.put("policies/new.md", "be nice\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::FLAG);
  EXPECT_EQ(out->getChangeComplexity(), wire::ChangeComplexity::COMPLEX);
  EXPECT_TRUE(out->getGuardrail().getViolated());
  EXPECT_THAT(words(out->getGuardrail().getChangedPaths()), ElementsAre("policies/new.md"));
  EXPECT_TRUE(out->getFiles()[0].getGuarded());
}

/// A repository whose base has a signed manifest of the file rules.md.
class guarded_reviews : public matrix_of_reviews {
protected:
  guarded_reviews() {
    repository.put("rules.md", "the rules\n");
    std::vector<std::string> files{"rules.md"};
    auto manifest = guardrail::build_manifest(repository.path(), files, {});
    EXPECT_TRUE(manifest) << text_of(manifest.error());
    EXPECT_FALSE(guardrail::write_manifest(repository.path() / "guardrail.json", guardrail::sign(*manifest, key)));
    EXPECT_FALSE(guardrail::write_public_key(temp.path() / "key.pub", key.public_part()));
    repository.commit();
    repository.git("branch -f base");
    options.manifest = "guardrail.json";
    options.public_key = temp.path() / "key.pub";
  }

  key_pair key = key_pair::generate();
};

TEST_F(guarded_reviews, a_manifest_that_verifies_changes_nothing) {
  repository.put("code.txt", "2\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::APPROVE) << reason(out);
  EXPECT_TRUE(out->getGuardrail().getVerified());
}

TEST_F(guarded_reviews, a_changed_file_of_the_manifest_is_flagged_as_complex) {
  repository.put("rules.md", "other rules\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::FLAG);
  EXPECT_EQ(out->getChangeComplexity(), wire::ChangeComplexity::COMPLEX);
  EXPECT_FALSE(out->getGuardrail().getVerified());
  EXPECT_THAT(words(out->getGuardrail().getFindings()), Contains("rules.md has changed"));
  EXPECT_THAT(words(out->getGuardrail().getChangedPaths()), ElementsAre("rules.md"));
}

TEST_F(guarded_reviews, neither_a_missing_nor_a_reduced_manifest_hides_a_change) {
  repository.git("rm -q guardrail.json");
  repository.put("rules.md", "other rules\n");
  repository.commit();
  auto missing = review();
  EXPECT_EQ(missing->getDecision(), ReviewDecision::FLAG);
  EXPECT_THAT(words(missing->getGuardrail().getChangedPaths()), ElementsAre("guardrail.json", "rules.md"));
  repository.put("guardrail.json", "{\"root\": \"../../..\", \"files\": {\"etc/passwd\": \"00\"}}");
  repository.commit();
  auto outside = review();
  EXPECT_EQ(outside->getDecision(), ReviewDecision::FLAG);
  EXPECT_THAT(words(outside->getGuardrail().getFindings()), Contains(HasSubstr("outside the repository")));
}

TEST_F(matrix_of_reviews, known_failures_and_a_base_left_out_are_the_requests_choice) {
  repository.put("t/a", "fail\n");
  repository.commit();
  review_draft draft;
  draft.known = {"t/a"};
  EXPECT_EQ(review(draft)->getDecision(), ReviewDecision::APPROVE);
  draft.known = {};
  draft.measure_base = false;
  auto out = review(draft);
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
  EXPECT_FALSE(out->getBaseTests().getMeasured());
}

TEST_F(matrix_of_reviews, a_base_that_cannot_be_measured_is_no_approval) {
  repository.git("rm -q -r t");
  repository.commit();
  repository.git("branch -f base");
  repository.put("t/a", "pass\n");
  repository.commit();
  auto out = review();
  EXPECT_EQ(out->getDecision(), ReviewDecision::FLAG) << reason(out);
  EXPECT_TRUE(out->getInconclusive());
  EXPECT_THAT(reason(out), HasSubstr("base could not be measured"));
}

TEST_F(matrix_of_reviews, recipes_that_changed_are_validated_with_the_tests_pass_rate) {
  repository.put("prompts/71_0_recipe.json", "{\"actions\": []}");
  repository.put("prompts/72_main_recipe.json", "{}");
  repository.commit();
  repository.git("branch -f base");
  repository.put("prompts/71_0_recipe.json", "{\"actions\": [1]}");
  repository.git("rm -q prompts/72_main_recipe.json");
  repository.commit();
  auto unknown = review();
  EXPECT_EQ(unknown->getDecision(), ReviewDecision::FLAG);
  EXPECT_TRUE(unknown->getInconclusive());
  EXPECT_THAT(reason(unknown), HasSubstr("agent 71_0 cannot be judged: no baseline to compare"));
  stop();
  judge = [](wire::ValidateAgent::Reader question) {
    EXPECT_EQ(as_view(question.getPromptId()), "71");
    EXPECT_EQ(as_view(question.getFlowId()), "0");
    EXPECT_EQ(as_view(question.getRecipe()), "{\"actions\": [1]}");
    EXPECT_EQ(question.getPolicy(), wire::ValidationPolicy::STRICT);
    auto tests = question.getBenchmarkMetrics()[0];
    EXPECT_EQ(as_view(tests.getAdapter()), "regression");
    EXPECT_EQ(tests.getFigures()[0].getValue(), 1) << "this review's own pass rate";
    return msg<wire::AgentValidation>::build([](wire::AgentValidation::Builder out) {
      out.initRegressions(1)[0].setText("action_1_success_rate: 0.900 → 0.500");
      out.setBaselineVersion(3);
    });
  };
  auto worse = review();
  EXPECT_EQ(worse->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(worse), HasSubstr("agent 71_0 gets worse: action_1_success_rate"));
  ASSERT_EQ(worse->getBaselineValidation().getAgents().size(), 2u);
  EXPECT_EQ(worse->getBaselineValidation().getAgents()[0].getBaselineVersion(), 3u);
}

TEST_F(matrix_of_reviews, refuses_what_it_cannot_review) {
  auto refusal = [&](const review_draft& draft) {
    auto accepted = submit(draft);
    EXPECT_FALSE(accepted);
    return accepted ? caf::error{} : accepted.error();
  };
  review_draft draft;
  draft.head = "nowhere";
  EXPECT_EQ(code_of(refusal(draft)), ec::not_found);
  EXPECT_THAT(text_of(refusal(draft)), HasSubstr("head nowhere"));
  draft = {};
  draft.results_file = "../outside.xml";
  draft.format = "junit";
  EXPECT_EQ(code_of(refusal(draft)), ec::invalid);
  draft = {};
  draft.format = "nose";
  EXPECT_THAT(text_of(refusal(draft)), HasSubstr("/test_format"));
  draft = {};
  draft.lint = {"", "x"};
  EXPECT_THAT(text_of(refusal(draft)), HasSubstr("/lint"));
  auto relative = msg<wire::StartReview>::build([](wire::StartReview::Builder out) {
    out.setRepo("relative");
    out.setBase("a");
    out.setHead("b");
  });
  auto answer = tests.ask<msg<wire::Review>>(reviewer, relative);
  ASSERT_FALSE(answer);
  EXPECT_THAT(text_of(answer.error()), HasSubstr("/repo"));
  EXPECT_EQ(code_of(find("r1").error()), ec::not_found) << "nothing refused is stored";
}

TEST_F(matrix_of_reviews, lists_reviews_newest_first) {
  for (int i = 0; i < 3; ++i)
    review();
  auto page = [&](uint32_t limit, const std::string& after) {
    auto query = msg<wire::ReviewListQuery>::build([&](wire::ReviewListQuery::Builder out) {
      out.setLimit(limit);
      out.setAfter(after);
    });
    return tests.ask<msg<wire::ReviewList>>(reviewer, query);
  };
  auto first = page(2, "");
  ASSERT_TRUE(first);
  ASSERT_EQ((*first)->getReviews().size(), 2u);
  EXPECT_EQ(as_view((*first)->getReviews()[0].getId()), "r3");
  EXPECT_EQ(as_view((*first)->getNext()), "r2");
  auto second = page(2, "r2");
  ASSERT_EQ((*second)->getReviews().size(), 1u);
  EXPECT_EQ(as_view((*second)->getReviews()[0].getId()), "r1");
  EXPECT_EQ(code_of(page(2, "x").error()), ec::invalid);
}

TEST_F(matrix_of_reviews, an_interrupted_review_starts_again_and_not_for_ever) {
  auto marker = (temp.path() / "started").string();
  repository.put("t/slow", "echo >> " + marker + "; sleep 1000\n");
  repository.commit();
  review_draft draft;
  draft.timeout_s = 3'600;
  auto accepted = submit(draft);
  ASSERT_TRUE(accepted) << text_of(accepted.error());
  auto id = std::string{as_view((*accepted)->getId())};
  for (uint32_t attempt = 1; attempt <= defaults::max_review_attempts; ++attempt) {
    ASSERT_TRUE(wait_until([&] { return fs::exists(marker); })) << attempt;
    ASSERT_TRUE(wait_until([&] { return (*find(id))->getAttempts() == attempt; }));
    EXPECT_EQ((*find(id))->getState(), wire::ReviewState::RUNNING);
    stop();
    fs::remove(marker);
    EXPECT_THAT(testing_processes::children(), IsEmpty()) << "its tests ended with it";
    start();
  }
  auto out = result_of(id);
  EXPECT_EQ(out->getDecision(), ReviewDecision::REJECT);
  EXPECT_THAT(reason(out), HasSubstr("stopped in each of 3 attempts"));
  EXPECT_TRUE(wait_until([&] { return fs::is_empty(options.directory); })) << "what it left is removed";
}

TEST_F(matrix_of_reviews, one_repository_is_reviewed_once_at_a_time) {
  auto log = (temp.path() / "log").string();
  repository.put("t/log", "echo + >> " + log + "; sleep 0.05; echo - >> " + log + "\n");
  repository.commit();
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    review_draft draft;
    draft.measure_base = false;
    auto accepted = submit(draft);
    ASSERT_TRUE(accepted);
    ids.emplace_back(as_view((*accepted)->getId()));
  }
  for (const auto& id : ids)
    EXPECT_EQ(result_of(id)->getDecision(), ReviewDecision::APPROVE);
  EXPECT_EQ(file_text(log), "+\n-\n+\n-\n+\n-\n+\n-\n");
}

TEST_F(matrix_of_reviews, refuses_more_than_may_wait) {
  auto marker = (temp.path() / "go").string();
  repository.put("t/wait", "while ! test -e " + marker + "; do sleep 0.01; done\n");
  repository.commit();
  review_draft draft;
  draft.measure_base = false;
  draft.timeout_s = 3'600;
  caf::error refused;
  for (size_t i = 0; i < defaults::max_waiting_reviews + 2 && !refused; ++i)
    if (auto accepted = submit(draft); !accepted)
      refused = accepted.error();
  EXPECT_EQ(code_of(refused), ec::overloaded) << text_of(refused);
}

TEST_F(matrix_of_reviews, only_reads_the_repository) {
  repository.put("code.txt", "2\n");
  repository.commit();
  auto state = [&] { return repository.shell("find . -type f -exec sha256sum {} + | sort | sha256sum"); };
  auto before = state();
  repository.shell("chmod -R a-w .");
  EXPECT_EQ(review()->getDecision(), ReviewDecision::APPROVE);
  repository.shell("chmod -R u+w .");
  EXPECT_EQ(state(), before);
}

} // namespace
} // namespace hive
