#include "actors/review/rules/verdict.hpp"

#include <algorithm>

namespace hive::review {
namespace {

/// Names that a sentence lists; the rest is counted.
constexpr size_t listed_names = 3;

std::string count_of(uint64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string name_of(const compared_test& test) {
  return test.name;
}

const std::string& name_of(const std::string& text) {
  return text;
}

/// `a, b, c and 2 more`.
template <class List>
std::string listed(const List& list) {
  std::string out;
  for (size_t i = 0; i < std::min(list.size(), listed_names); ++i)
    out += (i == 0 ? "" : ", ") + name_of(list[i]);
  if (list.size() > listed_names)
    out += " and " + std::to_string(list.size() - listed_names) + " more";
  return out;
}

/// Collects findings by weight.
class judge {
public:
  explicit judge(const review_facts& facts) : facts_{facts}, size_{size_of(facts.files)} {
  }

  review_verdict run() {
    judge_errors();
    judge_tests();
    judge_agents();
    judge_checks();
    auto complexity = complexity_of(size_, has_violations(facts_.guardian), facts_.guardrail.violated());
    judge_size(complexity);
    return conclude(complexity);
  }

private:
  static bool has_violations(const check_result& check) {
    return check.configured && check.error.empty() && !check.passed;
  }

  void reject(std::string why) {
    rejections_.push_back(std::move(why));
  }

  void flag(std::string why) {
    flags_.push_back(std::move(why));
  }

  void unknown(std::string why) {
    inconclusive_ = true;
    flag(std::move(why));
  }

  void judge_errors() {
    if (!facts_.error.empty())
      reject("error: " + facts_.error);
    if (!facts_.guardian.error.empty())
      reject("error: the guardian command could not be run: " + facts_.guardian.error);
    if (!facts_.lint.error.empty())
      reject("error: the lint command could not be run: " + facts_.lint.error);
    if (!facts_.tests.error.empty())
      reject("error: the tests gave no result: " + facts_.tests.error);
  }

  void judge_tests() {
    if (!facts_.tests.compared) {
      if (facts_.error.empty() && facts_.tests.error.empty())
        reject("error: the tests were not run");
      return;
    }
    const auto& tests = *facts_.tests.compared;
    if (!tests.new_failures.empty())
      reject(count_of(tests.new_failures.size(), "test fails", "tests fail") + " that " +
             (facts_.tests.base_measured ? "did not fail at the base: " : "may not fail: ") +
             listed(tests.new_failures));
    if (!tests.vanished.empty())
      reject(count_of(tests.vanished.size(), "test", "tests") +
             " of the base vanished, though the files are left: " + listed(tests.vanished));
    if (!tests.deleted_files.empty())
      flag(count_of(tests.deleted_files.size(), "test file is", "test files are") +
           " deleted: " + listed(tests.deleted_files));
    if (!tests.newly_skipped.empty())
      flag(count_of(tests.newly_skipped.size(), "test is", "tests are") +
           " skipped that ran at the base: " + listed(tests.newly_skipped));
    if (facts_.tests.base_wanted && !facts_.tests.base_measured)
      unknown("the tests of the base could not be measured: " + facts_.tests.base_reason);
  }

  void judge_agents() {
    for (const auto& agent : facts_.agents) {
      auto name = "agent " + agent.prompt_id + "_" + agent.flow_id;
      if (agent.inconclusive)
        unknown(name + " cannot be judged: " + agent.reason +
                (agent.missing.empty() ? "" : "; missing: " + listed(agent.missing)));
      else if (!agent.passed)
        reject(name + " gets worse: " + (agent.regressions.empty() ? agent.reason : listed(agent.regressions)));
    }
  }

  void judge_checks() {
    if (has_violations(facts_.lint) && facts_.lint_blocks)
      reject("the lint command finds faults, which is configured to block");
    if (facts_.guardrail.configured && !facts_.guardrail.verified)
      flag("the guardrail manifest does not verify at the head: " + listed(facts_.guardrail.findings));
    if (!facts_.guardrail.changed_paths.empty())
      flag(count_of(facts_.guardrail.changed_paths.size(), "guarded file is", "guarded files are") +
           " changed: " + listed(facts_.guardrail.changed_paths));
    if (has_violations(facts_.guardian))
      flag("limits of code metrics are violated");
  }

  void judge_size(wire::ChangeComplexity complexity) {
    if (complexity == wire::ChangeComplexity::SIMPLE)
      return;
    flag("the change is " + std::string{complexity == wire::ChangeComplexity::MODERATE ? "moderate" : "complex"} +
         ": " + count_of(size_.files, "file", "files") + ", " +
         count_of(size_.additions + size_.deletions, "line", "lines") +
         (size_.uncounted == 0 ? "" : ", and " + std::to_string(size_.uncounted) + " without lines"));
  }

  review_verdict conclude(wire::ChangeComplexity complexity) {
    review_verdict out;
    out.complexity = complexity;
    out.inconclusive = inconclusive_;
    out.decision = !rejections_.empty() ? wire::ReviewDecision::REJECT
                   : !flags_.empty()    ? wire::ReviewDecision::FLAG
                                        : wire::ReviewDecision::APPROVE;
    out.findings = rejections_;
    out.findings.insert(out.findings.end(), flags_.begin(), flags_.end());
    out.reason = reason(out);
    return out;
  }

  std::string reason(const review_verdict& verdict) const {
    if (verdict.decision == wire::ReviewDecision::APPROVE)
      return facts_.tests.base_wanted ? "simple change, and no test or agent got worse"
                                      : "simple change, and no test fails; the base was left out";
    auto first = verdict.findings.front();
    if (verdict.findings.size() > 1)
      first += " (and " + count_of(verdict.findings.size() - 1, "other finding", "other findings") + ")";
    return first;
  }

  const review_facts& facts_;
  change_size size_;
  std::vector<std::string> rejections_;
  std::vector<std::string> flags_;
  bool inconclusive_ = false;
};

} // namespace

change_size size_of(std::span<const changed_file> files) {
  change_size out;
  out.files = files.size();
  for (const auto& file : files) {
    out.additions += file.additions;
    out.deletions += file.deletions;
    out.uncounted += file.uncounted;
  }
  return out;
}

wire::ChangeComplexity complexity_of(const change_size& size, bool guardian_violated, bool guardrail_violated) {
  using enum wire::ChangeComplexity;
  auto lines = size.additions + size.deletions;
  if (guardrail_violated || size.files > moderate_files || lines >= moderate_lines)
    return COMPLEX;
  bool is_small = size.files <= simple_files && lines < simple_lines && size.uncounted == 0;
  return is_small && !guardian_violated ? SIMPLE : MODERATE;
}

review_verdict decide(const review_facts& facts) {
  return judge{facts}.run();
}

} // namespace hive::review
