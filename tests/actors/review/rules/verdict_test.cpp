#include "actors/review/rules/verdict.hpp"

#include <gmock/gmock.h>

namespace hive::review {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

using enum wire::ReviewDecision;

changed_file file_of(uint64_t additions, bool uncounted = false) {
  changed_file out;
  out.path = "a";
  out.additions = additions;
  out.uncounted = uncounted;
  return out;
}

/// A small change in which everything is well.
review_facts good() {
  review_facts out;
  out.files = {file_of(5)};
  out.tests.compared.emplace();
  return out;
}

review_verdict decide_with(const std::function<void(review_facts&)>& change) {
  auto facts = good();
  change(facts);
  return decide(facts);
}

TEST(verdict, approves_a_simple_change_in_which_nothing_got_worse) {
  auto verdict = decide(good());
  EXPECT_EQ(verdict.decision, APPROVE);
  EXPECT_EQ(verdict.complexity, wire::ChangeComplexity::SIMPLE);
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_FALSE(verdict.reason.empty());
}

TEST(verdict, facts_without_any_result_are_no_approval) {
  EXPECT_EQ(decide({}).decision, REJECT);
}

struct row {
  const char* name;
  std::function<void(review_facts&)> change;
  wire::ReviewDecision decision;
  const char* reason;
};

class matrix : public testing::TestWithParam<row> {};

TEST_P(matrix, decides) {
  auto verdict = decide_with(GetParam().change);
  EXPECT_EQ(verdict.decision, GetParam().decision) << verdict.reason;
  EXPECT_THAT(verdict.findings, Contains(HasSubstr(GetParam().reason)));
  EXPECT_EQ(verdict.reason.substr(0, verdict.findings.front().size()), verdict.findings.front());
}

agent_result agent(bool passed, bool inconclusive) {
  agent_result out;
  out.prompt_id = "7";
  out.flow_id = "0";
  out.passed = passed;
  out.inconclusive = inconclusive;
  out.reason = "no baseline";
  out.regressions = passed || inconclusive ? std::vector<std::string>{}
                                           : std::vector<std::string>{"action_1_success_rate: 0.900 → 0.500"};
  return out;
}

check_result command(bool passed, std::string error = {}) {
  check_result out;
  out.configured = true;
  out.passed = passed;
  out.error = std::move(error);
  return out;
}

INSTANTIATE_TEST_SUITE_P(
  of_decisions, matrix,
  testing::Values(
    row{"error", [](auto& f) { f.error = "no tree"; }, REJECT, "error: no tree"},
    row{"new_failure",
        [](auto& f) {
          f.tests.compared->new_failures = {{"t", "", 1, 0}};
        },
        REJECT, "1 test fails that did not fail at the base: t"},
    row{"tests_without_result",
        [](auto& f) {
          f.tests.compared.reset();
          f.tests.error = "no test ran";
        },
        REJECT, "no test ran"},
    row{"tests_not_run", [](auto& f) { f.tests.compared.reset(); }, REJECT, "the tests were not run"},
    row{"vanished",
        [](auto& f) {
          f.tests.compared->vanished = {{"t", "", 1, 0}};
        },
        REJECT, "vanished"},
    row{"agent_regressed", [](auto& f) { f.agents = {agent(false, false)}; }, REJECT, "action_1_success_rate"},
    row{"lint_blocks",
        [](auto& f) {
          f.lint = command(false);
          f.lint_blocks = true;
        },
        REJECT, "lint command finds"},
    row{"lint_cannot_start", [](auto& f) { f.lint = command(false, "no ruff"); }, REJECT, "no ruff"},
    row{"guardian_cannot_start", [](auto& f) { f.guardian = command(false, "no tool"); }, REJECT, "no tool"},
    row{"guardian_violated", [](auto& f) { f.guardian = command(false); }, FLAG, "limits of code metrics"},
    row{"guardrail_changed", [](auto& f) { f.guardrail.changed_paths = {"policy.md"}; }, FLAG, "policy.md"},
    row{"guardrail_unverified",
        [](auto& f) {
          f.guardrail.configured = true;
          f.guardrail.findings = {"x has changed"};
        },
        FLAG, "does not verify at the head: x has changed"},
    row{"deleted_test_file", [](auto& f) { f.tests.compared->deleted_files = {"test_a.py"}; }, FLAG, "test_a.py"},
    row{"newly_skipped",
        [](auto& f) {
          f.tests.compared->newly_skipped = {{"t", "", 1, 0}};
        },
        FLAG, "skipped"},
    row{"base_not_measured",
        [](auto& f) {
          f.tests.base_measured = false;
          f.tests.base_reason = "crash";
        },
        FLAG, "could not be measured: crash"},
    row{"agent_inconclusive", [](auto& f) { f.agents = {agent(false, true)}; }, FLAG, "no baseline"},
    row{"moderate", [](auto& f) { f.files = {file_of(100)}; }, FLAG, "moderate: 1 file, 100 lines"},
    row{"complex", [](auto& f) { f.files = {file_of(500)}; }, FLAG, "complex: 1 file, 500 lines"},
    row{"rejection_before_flags",
        [](auto& f) {
          f.files = {file_of(500)};
          f.tests.compared->new_failures = {{"t", "", 1, 0}};
        },
        REJECT, "1 test fails"}),
  [](const auto& info) { return info.param.name; });

TEST(verdict, what_decides_nothing_leaves_an_approval) {
  auto verdict = decide_with([](review_facts& facts) {
    facts.lint = command(false); // reported alone
    facts.guardian = command(true);
    facts.guardrail.configured = facts.guardrail.verified = true;
    facts.agents = {agent(true, false)};
    facts.tests.compared->old_failures = {{"old", "", 1, 1}};
    facts.tests.compared->flaky = {{"flaky", "", 2, 1}};
    facts.tests.compared->known_failures = {{"known", "", 0, 0}};
    facts.tests.compared->fixed = {{"fixed", "", 1, 1}};
  });
  EXPECT_EQ(verdict.decision, APPROVE) << verdict.reason;
}

TEST(verdict, a_base_that_was_left_out_is_told_and_not_inconclusive) {
  auto verdict = decide_with([](review_facts& facts) { facts.tests.base_wanted = facts.tests.base_measured = false; });
  EXPECT_EQ(verdict.decision, APPROVE);
  EXPECT_FALSE(verdict.inconclusive);
  EXPECT_THAT(verdict.reason, HasSubstr("base was left out"));
}

TEST(verdict, what_could_not_be_measured_makes_it_inconclusive) {
  EXPECT_TRUE(decide_with([](review_facts& facts) { facts.tests.base_measured = false; }).inconclusive);
  EXPECT_TRUE(decide_with([](review_facts& facts) { facts.agents = {agent(false, true)}; }).inconclusive);
  EXPECT_FALSE(decide_with([](review_facts& facts) { facts.files = {file_of(500)}; }).inconclusive);
}

TEST(complexity, has_the_limits_of_hart_os) {
  using enum wire::ChangeComplexity;
  auto of = [](uint64_t files, uint64_t lines, uint64_t uncounted = 0) {
    return complexity_of({files, lines, 0, uncounted}, false, false);
  };
  EXPECT_EQ(of(0, 0), SIMPLE);
  EXPECT_EQ(of(3, 99), SIMPLE);
  EXPECT_EQ(of(4, 99), MODERATE);
  EXPECT_EQ(of(3, 100), MODERATE);
  EXPECT_EQ(of(10, 499), MODERATE);
  EXPECT_EQ(of(11, 1), COMPLEX);
  EXPECT_EQ(of(1, 500), COMPLEX);
  EXPECT_EQ(of(1, 1, 1), MODERATE) << "a binary file has no lines to count";
  EXPECT_EQ(complexity_of({1, 1, 1, 0}, true, false), MODERATE);
  EXPECT_EQ(complexity_of({11, 1, 1, 0}, true, false), COMPLEX);
  EXPECT_EQ(complexity_of({0, 0, 0, 0}, false, true), COMPLEX);
}

} // namespace
} // namespace hive::review
