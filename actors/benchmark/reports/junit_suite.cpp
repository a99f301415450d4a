#include "actors/benchmark/reports/junit_suite.hpp"

#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <array>

namespace hive::detail {
namespace {

std::string_view attribute(pugi::xml_node node, const char* name) {
  return node.attribute(name).value();
}

template <size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  auto same = [text](std::string_view word) {
    auto equal = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), equal);
  };
  return std::any_of(words.begin(), words.end(), same);
}

// Values of `status` that runners use for passed tests, in lower case.
constexpr std::array<std::string_view, 10> passed_words{"run", "passed",    "pass",     "success",   "successful",
                                                        "ok",  "completed", "executed", "succeeded", ""};
constexpr std::array<std::string_view, 7> failed_words{"fail",     "failed", "failure", "timeout",
                                                       "timedout", "broken", "aborted"};
constexpr std::array<std::string_view, 2> error_words{"error", "errored"};
constexpr std::array<std::string_view, 8> skipped_words{"notrun",  "disabled", "skipped", "skip",
                                                        "ignored", "pending",  "todo",    "suppressed"};

/// ctest also reports a test that could not be run as skipped. A test that skipped itself has a reason that names the
/// property responsible.
bool could_not_run(pugi::xml_node test) {
  return attribute(test, "status") == "notrun" && test.child("skipped") &&
         !attribute(test.child("skipped"), "message").starts_with("SKIP_");
}

uint64_t count_children(pugi::xml_node test, const char* name) {
  auto children = test.children(name);
  return static_cast<uint64_t>(std::distance(children.begin(), children.end()));
}

bool is_earlier_run(std::string_view child) {
  return child == "rerunFailure" || child == "rerunError" || child == "flakyFailure" || child == "flakyError";
}

/// A counter's value; nothing when absent, and UINT64_MAX when it is not a number, which agrees with no count.
std::optional<uint64_t> counter(pugi::xml_node suite, const char* name) {
  auto given = suite.attribute(name);
  if (!given)
    return std::nullopt;
  text_scanner text{trim(given.value())};
  auto count = text.take_number();
  return count && text.done() ? uint64_t{*count} : UINT64_MAX;
}

bool is_node(pugi::xml_node root) {
  for (auto child : root.children())
    if (child.type() == pugi::node_comment && std::string_view{child.value()}.starts_with(" duration_ms "))
      return true;
  return false;
}

caf::error contradiction(pugi::xml_node suite, const char* name, const std::string& found) {
  std::string in = attribute(suite, "name").empty() ? "" : " in \"" + shown_name(attribute(suite, "name")) + "\"";
  return fail(ec::malformed, "the JUnit XML says " + std::string{name} + "=\"" + shown_name(attribute(suite, name)) +
                               "\"" + in + ", but holds " + found);
}

std::string plural(uint64_t count, const char* thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

/// Number of skipped tests that mocha counts without listing them, anywhere in the report.
uint64_t unlisted(pugi::xml_node root, const suite_facts& facts) {
  auto skipped = std::min<uint64_t>(counter(root, "skipped").value_or(0), max_tests);
  return skipped - std::min(skipped, facts.skipped);
}

/// Checks a suite's `tests` counter.
caf::error check_tests(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect, pugi::xml_node root) {
  auto claimed = counter(suite, "tests");
  if (!claimed)
    return caf::none;
  auto within = [&](uint64_t least, uint64_t most) { return *claimed >= least && *claimed <= most; };
  bool agrees = false;
  switch (dialect) {
  case junit_dialect::pytest:
    agrees = within(facts.tests, max_tests); // at least one report of each test
    break;
  case junit_dialect::catch2:
  case junit_dialect::doctest:
    agrees = within(facts.failure_reports, max_tests); // counts assertions, of which a test may have none
    break;
  case junit_dialect::node:
    agrees = within(facts.direct, facts.direct) || within(facts.elements, facts.elements);
    break;
  case junit_dialect::mocha:
    agrees = within(facts.elements - facts.hooks, facts.elements + unlisted(root, facts));
    break;
  case junit_dialect::jest:
    agrees = within(facts.elements - std::min(facts.passed(), facts.elements), facts.elements);
    break;
  case junit_dialect::common:
  case junit_dialect::vitest:
    agrees = within(facts.elements, facts.elements + facts.earlier_runs);
    break;
  }
  return agrees ? caf::none : contradiction(suite, "tests", plural(facts.elements, "test"));
}

/// Checks `failures` and `errors`. Runners distinguish them differently, so their sum is compared.
caf::error check_failures(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect) {
  auto failures = counter(suite, "failures");
  auto errors = counter(suite, "errors");
  if (!failures && !errors)
    return caf::none;
  // Two invalid counters must not cancel out.
  if (failures.value_or(0) == UINT64_MAX || errors.value_or(0) == UINT64_MAX)
    return contradiction(suite, failures.value_or(0) == UINT64_MAX ? "failures" : "errors",
                         plural(facts.broken, "failed test"));
  auto claimed = failures.value_or(0) + errors.value_or(0);
  auto reports = facts.failure_reports + facts.error_reports;
  bool by_report =
    dialect == junit_dialect::pytest || dialect == junit_dialect::catch2 || dialect == junit_dialect::doctest;
  // node --test also counts failures marked as to-do, and ignores nested suites.
  bool agrees = by_report ? claimed == reports
                : dialect == junit_dialect::node
                  ? (claimed > 0) == (reports > 0)
                  : claimed == facts.broken || claimed == facts.broken - facts.not_run ||
                      (facts.earlier_runs > 0 && claimed == reports + facts.earlier_runs);
  if (agrees)
    return caf::none;
  return contradiction(suite, failures ? "failures" : "errors",
                       by_report ? plural(reports, "report") + " of a failure" : plural(facts.broken, "failed test"));
}

caf::error check_skipped(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect) {
  auto claimed = counter(suite, "skipped");
  // mocha's counter is the remainder of a sum; node's ignores nested suites.
  if (!claimed || *claimed == facts.skipped || dialect == junit_dialect::mocha || dialect == junit_dialect::node)
    return caf::none;
  // Runners with disabled tests count those separately; ctest counts tests that could not be run as skipped.
  auto with_disabled = *claimed + counter(suite, "disabled").value_or(0);
  bool agrees = with_disabled == facts.skipped || with_disabled == facts.skipped + facts.not_run ||
                (dialect == junit_dialect::pytest && *claimed == facts.skip_reports);
  return agrees ? caf::none : contradiction(suite, "skipped", plural(facts.skipped, "skipped test"));
}

} // namespace

junit_dialect dialect_of(pugi::xml_node root) {
  auto name = attribute(root, "name");
  auto first = root.child("testsuite") ? root.child("testsuite") : root;
  if (name == "pytest tests" || attribute(first, "name") == "pytest")
    return junit_dialect::pytest;
  // The literal host name in Catch2's reports.
  if (attribute(first, "hostname") == "tbd")
    return junit_dialect::catch2;
  if (name == "Mocha Tests")
    return junit_dialect::mocha;
  if (name == "jest tests")
    return junit_dialect::jest;
  if (name == "vitest tests")
    return junit_dialect::vitest;
  if (is_node(root))
    return junit_dialect::node;
  return first.attribute("doctest_version") ? junit_dialect::doctest : junit_dialect::common;
}

std::string_view name_of(junit_dialect dialect) {
  switch (dialect) {
  case junit_dialect::pytest:
    return "JUnit XML of pytest";
  case junit_dialect::catch2:
    return "JUnit XML of Catch2";
  case junit_dialect::doctest:
    return "JUnit XML of doctest";
  case junit_dialect::node:
    return "JUnit XML of node --test";
  case junit_dialect::mocha:
    return "JUnit XML of mocha";
  case junit_dialect::jest:
    return "JUnit XML of jest";
  case junit_dialect::vitest:
    return "JUnit XML of vitest";
  case junit_dialect::common:
    break;
  }
  return "JUnit XML";
}

std::optional<test_outcome> outcome_of(pugi::xml_node test) {
  auto status = attribute(test, "status");
  if (attribute(test.child("skipped"), "type") == "todo") // an accompanying failure is expected
    return test_outcome::skipped;
  if (test.child("error") || is_one_of(status, error_words))
    return test_outcome::error;
  if (test.child("failure") || is_one_of(status, failed_words) || could_not_run(test))
    return test_outcome::failed;
  if (test.child("skipped") || is_one_of(status, skipped_words))
    return test_outcome::skipped;
  if (is_one_of(status, passed_words))
    return test_outcome::passed;
  return std::nullopt;
}

void suite_facts::add(pugi::xml_node test, test_outcome outcome) {
  ++elements;
  ++direct;
  broken += outcome == test_outcome::failed || outcome == test_outcome::error;
  skipped += outcome == test_outcome::skipped;
  not_run += outcome == test_outcome::failed && could_not_run(test);
  failure_reports += count_children(test, "failure");
  error_reports += count_children(test, "error");
  skip_reports += count_children(test, "skipped");
  for (auto child : test.children())
    earlier_runs += is_earlier_run(child.name());
  hooks += attribute(test, "name").find("\" hook") != std::string_view::npos;
}

void suite_facts::add(const suite_facts& inner) {
  elements += inner.elements;
  ++direct;
  tests += inner.tests;
  broken += inner.broken;
  skipped += inner.skipped;
  not_run += inner.not_run;
  failure_reports += inner.failure_reports;
  error_reports += inner.error_reports;
  skip_reports += inner.skip_reports;
  earlier_runs += inner.earlier_runs;
  hooks += inner.hooks;
}

caf::error check_counters(pugi::xml_node suite, const suite_facts& facts, junit_dialect dialect, pugi::xml_node root) {
  if (auto error = check_tests(suite, facts, dialect, root))
    return error;
  if (auto error = check_failures(suite, facts, dialect))
    return error;
  return check_skipped(suite, facts, dialect);
}

void correct_by_counters(pugi::xml_node root, const suite_facts& facts, junit_dialect dialect, test_counts& counts) {
  if (dialect == junit_dialect::jest) {
    auto told = std::min(counter(root, "tests").value_or(facts.elements), facts.elements);
    auto to_be_written = static_cast<uint32_t>(std::min<uint64_t>(facts.elements - told, counts.passed));
    counts.passed -= to_be_written;
    counts.skipped += to_be_written;
  }
  if (dialect == junit_dialect::mocha)
    counts.skipped += static_cast<uint32_t>(unlisted(root, facts));
}

} // namespace hive::detail
