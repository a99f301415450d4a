#include "apps/hivectl/review_view.hpp"

#include "actors/review/render/formats.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "platform/version.hpp"

#include <iostream>

namespace hive::ctl {
namespace {

std::string shown_text(capnp::Text::Reader text) {
  return text.cStr();
}

exit_status status_of(wire::Review::Reader review) {
  if (review.getState() != wire::ReviewState::DONE || review.getDecision() == wire::ReviewDecision::FLAG)
    return exit_status::inconclusive;
  return review.getDecision() == wire::ReviewDecision::APPROVE ? exit_status::done : exit_status::rejected;
}

std::string render(const msg<wire::Review>& review, const review_form& form) {
  if (form.format == "markdown")
    return review::to_markdown(*review, form.link);
  if (form.format == "junit")
    return review::to_junit(*review);
  if (form.format == "sarif")
    return to_pretty_json(review::to_sarif(*review, version_text)) + "\n";
  if (form.format == "check-run")
    return to_pretty_json(review::to_check_runs(*review, form.link)) + "\n";
  return to_pretty_json(review) + "\n";
}

std::string count(uint64_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string results(wire::TestResults::Reader tests) {
  if (tests.getTotal() == 0)
    return "no result";
  return std::to_string(tests.getPassed()) + " of " + std::to_string(tests.getTotal()) + " pass, " +
         std::to_string(tests.getSkipped()) + " skipped, " + format_seconds(tests.getDurationS()) + " s";
}

std::string check(wire::CommandCheck::Reader check) {
  if (!check.getConfigured())
    return "not configured";
  if (check.getError().size() > 0)
    return "could not be run: " + shown_text(check.getError());
  return check.getPassed() ? "nothing found" : count(check.getIssueCount(), "issue");
}

std::string guardrail(wire::GuardrailReview::Reader guardrail) {
  if (guardrail.getViolated())
    return "violated";
  return guardrail.getConfigured() ? "intact" : "no manifest";
}

void show_summary(wire::Review::Reader review, output& out) {
  auto stats = review.getDiffStats();
  auto base = review.getBaseTests();
  out.line("Change       " + name_of(review.getChangeComplexity()) + ": " + count(stats.getFilesChanged(), "file") +
           ", +" + std::to_string(stats.getAdditions()) + " -" + std::to_string(stats.getDeletions()));
  out.line("Tests        " + results(review.getTestResults()));
  out.line("At the base  " + (base.getMeasured() ? results(base.getResults()) + ", " + count(base.getRuns(), "run")
                                                 : "not measured: " + shown_text(base.getReason())));
  out.line("Lint         " + check(review.getPrecommit()));
  out.line("Guardian     " + check(review.getGuardian()));
  out.line("Guardrail    " + guardrail(review.getGuardrail()));
  out.line("Agents       " + count(review.getBaselineValidation().getAgents().size(), "changed recipe"));
  if (!review.getSandboxed())
    out.line("Sandbox      off: the change's commands could do whatever the node may");
}

void add_tests(table& rows, const char* kind, wire::ReviewTests::Reader tests) {
  for (auto test : tests.getTests())
    rows.add_row(
      {kind,
       test.getBaseRuns() == 0 ? "" : std::to_string(test.getBaseFailures()) + "/" + std::to_string(test.getBaseRuns()),
       test.getName().cStr()});
  if (auto more = tests.getCount() - tests.getTests().size(); more > 0)
    rows.add_row({kind, "", "and " + std::to_string(more) + " more"});
}

void show_tests(wire::TestComparison::Reader tests, output& out) {
  table rows{{text_column("TESTS"), number_column("FAILED AT BASE"), text_column("NAME")}};
  add_tests(rows, "new failure", tests.getNewFailures());
  add_tests(rows, "vanished", tests.getVanished());
  add_tests(rows, "newly skipped", tests.getNewlySkipped());
  add_tests(rows, "flaky", tests.getFlaky());
  add_tests(rows, "old failure", tests.getOldFailures());
  add_tests(rows, "known failure", tests.getKnownFailures());
  add_tests(rows, "fixed", tests.getFixed());
  for (auto path : tests.getDeletedFiles())
    rows.add_row({"deleted file", "", path.cStr()});
  if (!rows.empty()) {
    out.line("");
    out.print(rows);
  }
}

void show_issues(wire::Review::Reader review, output& out) {
  table rows{{text_column("TOOL"), text_column("ISSUE")}};
  for (auto check : {review.getGuardian(), review.getPrecommit()})
    for (auto issue : check.getIssues())
      rows.add_row({issue.getTool().cStr(), issue.getOutput().cStr()});
  for (auto finding : review.getGuardrail().getFindings())
    rows.add_row({"guardrail", finding.cStr()});
  if (!rows.empty()) {
    out.line("");
    out.print(rows);
  }
}

void show_review(wire::Review::Reader review, output& out) {
  if (review.getState() != wire::ReviewState::DONE) {
    out.line("Review " + shown_text(review.getId()) + " is " + name_of(review.getState()) + ": " +
             shown_text(review.getProgress()));
    return;
  }
  out.line("Decision     " + name_of(review.getDecision()) + (review.getInconclusive() ? " (inconclusive)" : ""));
  out.line("Reason       " + shown_text(review.getReason()));
  auto findings = review.getFindings();
  for (uint32_t i = 1; i < findings.size(); ++i)
    out.line("             " + shown_text(findings[i]));
  show_summary(review, out);
  show_tests(review.getComparison(), out);
  show_issues(review, out);
  out.line("");
  out.line("Review " + shown_text(review.getId()) + " of " + shown_text(review.getHead()) + " against " +
           shown_text(review.getMergeBase()));
}

} // namespace

outcome tell_review(session& s, const msg<wire::Review>& review, const review_form& form) {
  bool is_done = review->getState() == wire::ReviewState::DONE;
  if (!form.format.empty() && form.format != "json" && !is_done)
    return fail_as(exit_status::refused, "review " + shown_text(review->getId()) + " is not done yet");
  if (!form.out.empty()) {
    if (auto written = write_file(form.out, render(review, form)); !written)
      return written.error();
    if (form.format.empty() || s.json)
      s.out.answer(review, [&] { show_review(*review, s.out); });
  } else if (form.format.empty()) {
    s.out.answer(review, [&] { show_review(*review, s.out); });
  } else if (form.format == "json" || form.format == "sarif" || form.format == "check-run") {
    s.out.document(render(review, form));
  } else {
    std::cout << render(review, form);
  }
  return status_of(*review);
}

} // namespace hive::ctl
