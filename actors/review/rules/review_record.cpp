#include "actors/review/rules/review_record.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <cmath>

namespace hive::review {
namespace {

// The bounds of the lists in the schema.
constexpr size_t max_files = 2'000;
constexpr size_t max_listed_tests = 200;
constexpr size_t max_texts = 200;
constexpr size_t max_findings = 100;
constexpr size_t max_agents = 1'000;
/// Bytes of a text field, and of a test's name.
constexpr size_t max_text_bytes = 4'096;
constexpr size_t max_name_bytes = 512;

/// Text for a message: names of files can hold any bytes.
std::string text_for(std::string_view text, size_t max_bytes = max_text_bytes) {
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  bool is_plain = is_utf8(text) && std::ranges::none_of(text, is_control);
  return std::string{cut_text(is_plain ? std::string{text} : printable(text), max_bytes)};
}

/// A copy of the review that `change` may alter.
template <class Change>
msg<wire::Review> changed(const msg<wire::Review>& review, Change change) {
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(*review);
  change(scratch.getRoot<wire::Review>());
  return msg<wire::Review>::adopt(scratch);
}

template <class List, class Fill>
void fill_list(List list, Fill fill_one) {
  for (uint32_t i = 0; i < list.size(); ++i)
    fill_one(list[i], i);
}

uint32_t bounded(size_t size, size_t most) {
  return static_cast<uint32_t>(std::min(size, most));
}

void fill_texts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts) {
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, text_for(texts[i]));
}

void fill_tests(wire::ReviewTests::Builder out, const std::vector<compared_test>& tests) {
  out.setCount(tests.size());
  fill_list(out.initTests(bounded(tests.size(), max_listed_tests)), [&](wire::ReviewTest::Builder entry, uint32_t i) {
    entry.setName(text_for(tests[i].name, max_name_bytes));
    entry.setFile(text_for(tests[i].file));
    entry.setBaseRuns(tests[i].base_runs);
    entry.setBaseFailures(tests[i].base_failures);
  });
}

void fill_comparison(wire::TestComparison::Builder out, const test_comparison& from) {
  fill_tests(out.initNewFailures(), from.new_failures);
  fill_tests(out.initOldFailures(), from.old_failures);
  fill_tests(out.initFlaky(), from.flaky);
  fill_tests(out.initKnownFailures(), from.known_failures);
  fill_tests(out.initVanished(), from.vanished);
  fill_tests(out.initNewlySkipped(), from.newly_skipped);
  fill_tests(out.initFixed(), from.fixed);
  out.setDeletedFileCount(from.deleted_files.size());
  fill_texts(out.initDeletedFiles(bounded(from.deleted_files.size(), max_texts)), from.deleted_files);
}

void fill_results(wire::TestResults::Builder out, const test_run_facts& run) {
  constexpr double four_decimals = 10'000;
  out.setPassed(run.counts.passed);
  out.setFailed(run.counts.failures());
  out.setTotal(run.counts.total());
  if (run.counts.total() > 0)
    out.setPassRate(std::round(run.counts.pass_rate() * four_decimals) / four_decimals);
  out.setReturncode(run.returncode);
  out.setSkipped(run.counts.skipped);
  out.setDurationS(run.duration_s);
}

void fill_base(wire::BaseTests::Builder out, const test_facts& tests) {
  out.setMeasured(tests.base.has_value());
  out.setReason(text_for(tests.base_wanted ? tests.base_reason : "the request leaves them out"));
  if (tests.base)
    fill_results(out.initResults(), *tests.base);
  out.setRuns(tests.base_runs);
  out.setCached(tests.base_cached);
}

void fill_check(wire::CommandCheck::Builder out, const check_result& check, const char* tool) {
  out.setConfigured(check.configured);
  out.setPassed(check.passed);
  out.setExitStatus(check.exit_status);
  out.setError(text_for(check.error));
  out.setIssueCount(check.issue_count);
  out.setDurationS(check.duration_s);
  fill_list(out.initIssues(bounded(check.issues.size(), max_texts)), [&](wire::ReviewIssue::Builder entry, uint32_t i) {
    entry.setTool(tool);
    entry.setOutput(check.issues[i].output);
    entry.setPath(check.issues[i].path);
    entry.setLine(check.issues[i].line);
  });
}

wire::FileChange wire_change(file_change kind) {
  switch (kind) {
  case file_change::added:
    return wire::FileChange::ADDED;
  case file_change::deleted:
    return wire::FileChange::DELETED;
  case file_change::renamed:
    return wire::FileChange::RENAMED;
  case file_change::modified:
    break;
  }
  return wire::FileChange::MODIFIED;
}

void fill_change(wire::Review::Builder out, const review_facts& facts) {
  auto size = size_of(facts.files);
  auto stats = out.initDiffStats();
  stats.setFilesChanged(size.files);
  stats.setAdditions(size.additions);
  stats.setDeletions(size.deletions);
  stats.setUncounted(size.uncounted);
  fill_list(out.initFiles(bounded(facts.files.size(), max_files)), [&](wire::ReviewFile::Builder entry, uint32_t i) {
    const auto& file = facts.files[i];
    entry.setPath(text_for(file.path));
    if (file.old_path != file.path)
      entry.setOldPath(text_for(file.old_path));
    entry.setChange(wire_change(file.kind));
    entry.setAdditions(file.additions);
    entry.setDeletions(file.deletions);
    entry.setUncounted(file.uncounted);
    entry.setGuarded(facts.guarded.contains(file.path) || facts.guarded.contains(file.old_path));
  });
}

void fill_guardrail(wire::GuardrailReview::Builder out, const guardrail_result& guardrail) {
  out.setConfigured(guardrail.configured);
  out.setVerified(guardrail.verified);
  out.setViolated(guardrail.violated());
  fill_texts(out.initFindings(bounded(guardrail.findings.size(), max_texts)), guardrail.findings);
  fill_texts(out.initChangedPaths(bounded(guardrail.changed_paths.size(), max_texts)), guardrail.changed_paths);
}

void fill_agents(wire::BaselineValidation::Builder out, const std::vector<agent_result>& agents) {
  out.setPassed(std::ranges::all_of(agents, &agent_result::passed));
  out.setInconclusive(std::ranges::any_of(agents, &agent_result::inconclusive));
  fill_list(out.initAgents(bounded(agents.size(), max_agents)), [&](wire::AgentReview::Builder entry, uint32_t i) {
    const auto& agent = agents[i];
    entry.setPromptId(agent.prompt_id);
    entry.setFlowId(agent.flow_id);
    entry.setChange(wire_change(agent.change));
    entry.setPassed(agent.passed);
    entry.setInconclusive(agent.inconclusive);
    entry.setReason(text_for(agent.reason));
    entry.setBaselineVersion(agent.baseline_version);
    fill_texts(entry.initRegressions(bounded(agent.regressions.size(), max_texts)), agent.regressions);
    fill_texts(entry.initMissing(bounded(agent.missing.size(), max_texts)), agent.missing);
  });
}

} // namespace

msg<wire::Review> queued(wire::StartReview::Reader request, std::string_view id, const git_range& range, bool sandboxed,
                         int64_t now_unix_micros) {
  return msg<wire::Review>::build([&](wire::Review::Builder out) {
    out.setId(std::string{id});
    out.setProgress("waits for its turn");
    out.setRequest(request);
    out.setRequestedAt(now_unix_micros);
    out.setBase(range.base);
    out.setHead(range.head);
    out.setMergeBase(range.merge_base);
    out.setBaseTree(range.base_tree);
    out.setHeadTree(range.head_tree);
    out.setTitle(text_for(range.title));
    out.setSandboxed(sandboxed);
    out.setPrNumber(request.getPrNumber());
  });
}

msg<wire::Review> started(const msg<wire::Review>& review, int64_t now_unix_micros) {
  return changed(review, [&](wire::Review::Builder out) {
    out.setState(wire::ReviewState::RUNNING);
    out.setStep(wire::ReviewStep::PREPARING);
    out.setProgress("compares the trees");
    out.setStartedAt(now_unix_micros);
    out.setAttempts(review->getAttempts() + 1);
  });
}

msg<wire::Review> at_step(const msg<wire::Review>& review, wire::ReviewStep step, std::string_view progress) {
  return changed(review, [&](wire::Review::Builder out) {
    out.setStep(step);
    out.setProgress(std::string{progress});
  });
}

msg<wire::Review> finished(const msg<wire::Review>& review, const review_facts& facts, int64_t now_unix_micros) {
  auto verdict = decide(facts);
  return changed(review, [&](wire::Review::Builder out) {
    out.setState(wire::ReviewState::DONE);
    out.setStep(wire::ReviewStep::DECIDED);
    out.setProgress("");
    out.setFinishedAt(now_unix_micros);
    out.setDecision(verdict.decision);
    out.setChangeComplexity(verdict.complexity);
    out.setInconclusive(verdict.inconclusive);
    out.setReason(text_for(verdict.reason));
    fill_texts(out.initFindings(bounded(verdict.findings.size(), max_findings)), verdict.findings);
    out.setError(text_for(facts.error.empty() ? facts.tests.error : facts.error));
    fill_change(out, facts);
    fill_guardrail(out.initGuardrail(), facts.guardrail);
    fill_check(out.initGuardian(), facts.guardian, "guardian");
    fill_check(out.initPrecommit(), facts.lint, "lint");
    auto results = out.initTestResults();
    if (facts.tests.head)
      fill_results(results, *facts.tests.head);
    fill_base(out.initBaseTests(), facts.tests);
    if (facts.tests.compared)
      fill_comparison(out.initComparison(), *facts.tests.compared);
    fill_agents(out.initBaselineValidation(), facts.agents);
  });
}

void fill(wire::ReviewLine::Builder out, wire::Review::Reader review) {
  out.setId(review.getId());
  out.setState(review.getState());
  out.setStep(review.getStep());
  out.setDecision(review.getDecision());
  out.setReason(review.getReason());
  out.setRepo(review.getRequest().getRepo());
  out.setHead(review.getHead());
  out.setTitle(review.getTitle());
  out.setRequestedAt(review.getRequestedAt());
  out.setFinishedAt(review.getFinishedAt());
  out.setPrNumber(review.getPrNumber());
}

} // namespace hive::review
