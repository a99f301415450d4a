#include "actors/review/render/remarks.hpp"

#include "messages/text.hpp"

#include <algorithm>

namespace hive::review {
namespace {

using std::string;
using enum remark_level;

constexpr const char* incomplete = "incomplete-review";
constexpr const char* new_failure = "new-test-failure";
constexpr const char* vanished = "vanished-test";
constexpr const char* deleted_file = "deleted-test-file";
constexpr const char* newly_skipped = "newly-skipped-test";
constexpr const char* worse_agent = "worse-agent";
constexpr const char* unjudged_agent = "unjudged-agent";
constexpr const char* guarded_file = "guarded-file";
constexpr const char* lint_issue = "lint";
constexpr const char* guardian_issue = "code-metrics";

string text_of(capnp::Text::Reader text) {
  return string{as_view(text)};
}

class collector {
public:
  explicit collector(wire::Review::Reader review) : review_{review} {
  }

  std::vector<remark> run() {
    if (review_.getError().size() > 0)
      out_.push_back({incomplete, error, text_of(review_.getError()), {}, 0});
    add_tests();
    add_agents();
    for (auto path : review_.getGuardrail().getChangedPaths())
      out_.push_back(
        {guarded_file, warning, "This file is guarded: a person has to look at the change.", text_of(path), 0});
    add_issues(review_.getPrecommit(), lint_issue);
    add_issues(review_.getGuardian(), guardian_issue);
    std::ranges::stable_sort(out_, std::greater{}, &remark::level);
    return std::move(out_);
  }

private:
  void add_list(wire::ReviewTests::Reader tests, const char* rule, remark_level level, const string& says) {
    for (auto test : tests.getTests())
      out_.push_back({rule, level, text_of(test.getName()) + " " + says, text_of(test.getFile()), 0});
  }

  void add_tests() {
    auto tests = review_.getComparison();
    add_list(tests.getNewFailures(), new_failure, error,
             review_.getBaseTests().getMeasured() ? "fails, and does not fail at the base." : "fails.");
    add_list(tests.getVanished(), vanished, error, "ran at the base and is missing now.");
    add_list(tests.getNewlySkipped(), newly_skipped, warning, "ran at the base and is skipped now.");
    for (auto path : tests.getDeletedFiles())
      out_.push_back(
        {deleted_file, warning, "The change deletes the test file " + text_of(path) + ".", text_of(path), 0});
  }

  void add_agents() {
    for (auto agent : review_.getBaselineValidation().getAgents()) {
      if (agent.getPassed() && !agent.getInconclusive())
        continue;
      auto text = "Agent " + text_of(agent.getPromptId()) + "_" + text_of(agent.getFlowId()) +
                  (agent.getInconclusive() ? " cannot be judged: " : " gets worse: ");
      auto regressions = agent.getRegressions();
      text += agent.getInconclusive() || regressions.size() == 0 ? text_of(agent.getReason()) : text_of(regressions[0]);
      for (uint32_t i = 1; i < regressions.size() && !agent.getInconclusive(); ++i)
        text += "; " + text_of(regressions[i]);
      out_.push_back({agent.getInconclusive() ? unjudged_agent : worse_agent,
                      agent.getInconclusive() ? warning : error,
                      text,
                      {},
                      0});
    }
  }

  void add_issues(wire::CommandCheck::Reader check, const char* rule) {
    if (check.getError().size() > 0)
      out_.push_back({rule, error, "The command could not be run: " + text_of(check.getError()), {}, 0});
    for (auto issue : check.getIssues())
      out_.push_back({rule, warning, text_of(issue.getOutput()), text_of(issue.getPath()), issue.getLine()});
  }

  wire::Review::Reader review_;
  std::vector<remark> out_;
};

} // namespace

const std::vector<remark_rule>& remark_rules() {
  static const std::vector<remark_rule> rules{
    {incomplete, "The review could not be completed."},
    {new_failure, "A test fails that does not fail at the base."},
    {vanished, "A test of the base is missing although its file is there."},
    {deleted_file, "The change deletes a test file."},
    {newly_skipped, "A test that ran at the base is skipped."},
    {worse_agent, "An agent gets worse than its baseline."},
    {unjudged_agent, "An agent cannot be compared with its baseline."},
    {guarded_file, "The change touches a guarded file."},
    {lint_issue, "The lint command found something."},
    {guardian_issue, "A limit of code metrics is violated."},
  };
  return rules;
}

std::vector<remark> remarks_of(wire::Review::Reader review) {
  return collector{review}.run();
}

} // namespace hive::review
