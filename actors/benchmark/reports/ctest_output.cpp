#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/test_tally.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace hive::detail {
namespace {

/// `50% tests passed, 1 tests failed out of 2`. `total` counts skipped tests as passed and excludes disabled ones.
struct summary_line {
  uint32_t failed = 0;
  uint32_t total = 0;
};

std::optional<summary_line> parse_summary(std::string_view text) {
  text_scanner line{text};
  if (!line.take_number() || !line.take("% tests passed, "))
    return std::nullopt;
  auto failed = line.take_number();
  if (!failed || !(line.take(" tests") || line.take(" test")) || !line.take(" failed out of "))
    return std::nullopt;
  auto total = line.take_number();
  if (!total || !line.done() || *failed > *total)
    return std::nullopt;
  return summary_line{*failed, *total};
}

/// `3/7 Test #3: name ....***Skipped   0.00 sec`; reruns of a test lack the first part.
struct result_line {
  uint32_t position = 0; ///< 0 for a rerun
  uint32_t of = 0;       ///< number of tests in the run, including disabled ones
  uint32_t number = 0;
  bool skipped = false;
  named_test test;
};

/// The test in the rest of a result line, whose name ends at a space and three or more dots.
named_test parse_test(std::string_view text) {
  auto end = text.rfind(" ...");
  auto ending = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  auto has = [&](std::string_view word) { return ending.find(word) != std::string_view::npos; };
  auto outcome = has("***Skipped ") || has("***Not Run (Disabled)") ? test_outcome::skipped
                 : has("   Passed ")                                ? test_outcome::passed
                                                                    : test_outcome::failed;
  return {shown_name(text.substr(0, end)), {}, outcome};
}

std::optional<result_line> parse_result(std::string_view text) {
  text_scanner line{text};
  line.take_all(" ");
  result_line out;
  if (auto position = line.take_number()) {
    auto of = line.take("/") ? line.take_number() : std::nullopt;
    if (!of || !line.take(" "))
      return std::nullopt;
    out.position = *position;
    out.of = *of;
  }
  if (!line.take("Test"))
    return std::nullopt;
  line.take_all(" ");
  auto number = line.take("#") ? line.take_number() : std::nullopt;
  if (!number || !line.take(": "))
    return std::nullopt;
  out.number = *number;
  out.skipped = line.rest().find("***Skipped ") != std::string_view::npos;
  out.test = parse_test(line.rest());
  return out;
}

/// Totals of the result lines before the summary.
struct progress {
  uint32_t of = 0;
  std::set<uint32_t> positions;
  std::map<uint32_t, bool> skipped;     ///< by test number: whether its last run was skipped
  std::map<uint32_t, named_test> named; ///< by test number, as of its last run

  uint32_t skips() const {
    return static_cast<uint32_t>(
      std::count_if(skipped.begin(), skipped.end(), [](const auto& test) { return test.second; }));
  }
  /// Number of tests in the run. When all of them were rerun, no line states it.
  uint32_t tests() const {
    return of > 0 ? of : static_cast<uint32_t>(skipped.size());
  }
  bool complete() const {
    return tests() > 0 && skipped.size() == tests();
  }

  /// False for a line that belongs to another run.
  bool add(const result_line& line) {
    if (line.position > 0) {
      if ((of != 0 && line.of != of) || line.position > line.of || !positions.insert(line.position).second)
        return false;
      of = line.of;
    }
    skipped[line.number] = line.skipped;
    named.insert_or_assign(line.number, line.test);
    return true;
  }
};

/// Number of tests in each of the lists that follow the summary.
struct lists {
  uint32_t failed = 0;
  uint32_t skipped = 0;
  uint32_t disabled = 0;
};

/// Lines after the summary that carry no results, or come from standard error.
bool is_known_tail(std::string_view text) {
  auto line = trim(text);
  auto is_time = line.find(" sec*proc (") != std::string_view::npos && line.ends_with(")");
  return is_time || line == "Label Time Summary:" || line == "Subproject Time Summary:" ||
         line == "Errors while running CTest" || line.starts_with("Output from these tests are in: ") ||
         line.starts_with("Use \"--rerun-failed ");
}

/// `2 - name (reason)`; newer versions append labels.
bool is_entry(std::string_view text) {
  text_scanner line{trim(text)};
  return line.take_number() && line.take(" - ") && line.rest().find(" (") != std::string_view::npos;
}

/// The name in an entry.
std::string_view entry_name(std::string_view text) {
  auto name = trim(text).substr(trim(text).find(" - ") + 3);
  return name.substr(0, name.rfind(" ("));
}

bool has_reason(std::string_view line, std::string_view reason) {
  return line.find(reason) != std::string_view::npos;
}

/// ctest's own lines after a summary.
struct tail {
  lists said;
  std::vector<std::string> failures;
  size_t end = 0; ///< index after its last line
  bool has_time = false;
};

/// The tests of the result lines; none if their outcomes do not add up to `counts`, since a test can print such lines.
std::vector<named_test> tests_of(const progress& before, const test_counts& counts) {
  std::vector<named_test> out;
  test_counts told;
  for (const auto& [number, test] : before.named) {
    if (out.size() < max_named_tests)
      out.push_back(test);
    ++(test.outcome == test_outcome::passed   ? told.passed
       : test.outcome == test_outcome::failed ? told.failed
                                              : told.skipped);
  }
  return told == counts ? out : std::vector<named_test>{};
}

tail read_tail(text_lines lines_behind) {
  enum { nowhere, not_run, failed } section = nowhere;
  tail out;
  for (auto line : lines_behind) {
    if (line.starts_with("Total Test time (real) =") && line.ends_with(" sec")) {
      if (out.has_time)
        break;
      out.has_time = true;
    } else if (line == "The following tests did not run:") {
      section = not_run;
    } else if (line == "The following tests FAILED:") {
      section = failed;
    } else if (section == failed && is_entry(line)) {
      ++out.said.failed;
      out.failures.push_back(shown_name(entry_name(line)));
    } else if (section == not_run && is_entry(line) && has_reason(line, " (Disabled)")) {
      ++out.said.disabled;
    } else if (section == not_run && is_entry(line) && has_reason(line, " (Skipped)")) {
      ++out.said.skipped;
    } else if (!is_known_tail(line)) {
      break;
    }
    ++out.end;
  }
  return out;
}

caf::error not_complete(const char* what) {
  return fail(ec::malformed, std::string{"the output of ctest is not complete: "} + what);
}

caf::expected<text_run> read_summary(const summary_line& summary, const progress& before, tail behind, size_t at) {
  const auto& said = behind.said;
  if (!behind.has_time)
    return not_complete("it does not end with ctest's lists of failed tests and tests that did not run");
  if (said.failed != summary.failed || said.skipped != before.skips() ||
      uint64_t{summary.failed} + said.skipped > summary.total)
    return not_complete("the lists behind the summary do not agree with it");
  if (uint64_t{summary.total} + said.disabled != before.tests())
    return fail(ec::process_failed, "ctest stopped after " + std::to_string(summary.total) + " of " +
                                      std::to_string(before.tests()) + " tests");
  text_run out;
  out.end = at + 1 + behind.end;
  out.sure = before.complete();
  out.results.counts = {summary.total - summary.failed - said.skipped, summary.failed, 0, said.skipped + said.disabled};
  out.results.last = out.results.counts;
  out.results.tests = tests_of(before, out.results.counts);
  out.results.failures = std::move(behind.failures);
  out.results.failures.resize(std::min(out.results.failures.size(), max_named_failures));
  out.results.runs.emplace_back("ctest's output");
  return out;
}

} // namespace

bool begins_ctest(std::string_view line) {
  return line.starts_with("Test project ") || parse_result(line) || parse_summary(line);
}

bool looks_like_ctest(text_lines lines) {
  for (auto line : lines)
    if (line.starts_with("Test project ") || parse_summary(line))
      return true;
  return false;
}

caf::expected<text_run> read_ctest_run(text_lines lines) {
  progress before;
  std::optional<size_t> stopped_at; // the latest summary that counts fewer tests than the run has
  for (size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && lines[i].starts_with("Test project ")) {
      if (stopped_at || before.of > 0)
        break;
      return fail(ec::no_data, "ctest ran no test");
    }
    if (auto result = parse_result(lines[i]); result && !before.add(*result))
      return not_complete("it holds results of another run, which cannot be told from what a test printed");
    auto summary = parse_summary(lines[i]);
    if (!summary)
      continue;
    // A test may print a summary too; ctest's own comes after all tests have ended.
    auto behind = read_tail(lines.subspan(i + 1));
    if (before.complete() && uint64_t{summary->total} + behind.said.disabled == before.tests())
      return read_summary(*summary, before, std::move(behind), i);
    stopped_at = i;
  }
  if (stopped_at)
    return read_summary(*parse_summary(lines[*stopped_at]), before, read_tail(lines.subspan(*stopped_at + 1)),
                        *stopped_at);
  if (before.of == 0 && lines.front().starts_with("Test project "))
    return fail(ec::no_data, "ctest ran no test");
  return not_complete("there is no summary");
}

} // namespace hive::detail
