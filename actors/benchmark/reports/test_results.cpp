#include "actors/benchmark/reports/test_results.hpp"

#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "actors/process/child_process.hpp"
#include "actors/process/run_report.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace hive {
namespace {

using detail::text_lines;

/// A shell exits with 126 when a program cannot be executed, 127 when it does not exist, and with a higher status after
/// a signal.
constexpr int first_shell_failure = 126;

/// Reasons to reject a run before reading its output.
caf::error refuse_incomplete(const test_run& run) {
  if (run.timed_out)
    return fail(ec::timed_out, "the tests did not end within their time limit");
  if (run.signal != 0)
    return fail(ec::process_failed, "the test command crashed (" + signal_name(run.signal) + ")");
  if (run.exit_status && (*run.exit_status >= first_shell_failure || *run.exit_status < 0))
    return fail(ec::process_failed,
                "the test command crashed or could not be run (exit status " + std::to_string(*run.exit_status) + ")");
  if (run.truncated)
    return fail(ec::too_large, "the tests' output was truncated, so their summary is lost");
  return caf::none;
}

/// Detects the format from the text; `automatic` if none matches.
test_format detect(std::string_view text, text_lines lines) {
  if (detail::looks_like_xml(text))
    return test_format::junit;
  if (detail::ends_as_pytest(lines) || detail::looks_like_ctest(lines))
    return test_format::automatic;
  if (detail::looks_like_go(lines))
    return test_format::go;
  return detail::looks_like_tap(lines) ? test_format::tap : test_format::automatic;
}

/// Whether TAP or go output is mixed with lines of other results.
bool is_mixed(text_lines lines, test_format format) {
  std::vector<std::string_view> others;
  if (format == test_format::go)
    std::copy_if(lines.begin(), lines.end(), std::back_inserter(others), [](auto line) { return line.front() != '{'; });
  bool has_other = format == test_format::go
                     ? detail::other_results(others) != nullptr
                     : detail::looks_like_go(lines) || std::any_of(lines.begin(), lines.end(), detail::looks_like_xml);
  return has_other || detail::holds_text_results(lines);
}

caf::expected<test_results> read_lines(text_lines lines, std::optional<int> exit_status, test_format format) {
  if (format == test_format::go || format == test_format::tap) {
    if (is_mixed(lines, format))
      return fail(ec::malformed, "the output holds other results beside those of format " +
                                   std::string{format == test_format::go ? "go" : "tap"} +
                                   "; let each command write a results file");
    return format == test_format::go ? detail::read_go(lines) : detail::read_tap(lines);
  }
  bool known = detail::ends_as_pytest(lines) || detail::holds_text_results(lines);
  if (format == test_format::automatic && !known)
    return fail(ec::malformed,
                "the test command's output ends with no summary of pytest or ctest and is neither JUnit XML, TAP nor "
                "output of go test -json");
  return detail::read_text(lines, exit_status, format);
}

caf::expected<test_results> read_as(std::string_view text, std::optional<int> exit_status, test_format format) {
  auto plain = without_escapes(text);
  auto lines = lines_of(plain);
  if (format == test_format::automatic)
    format = detect(text, lines);
  if (format == test_format::junit)
    return detail::read_junit(text, exit_status);
  if (format == test_format::tap && !plain.ends_with('\n') && detail::ends_as_passed_tap(lines))
    return fail(ec::malformed,
                "the TAP output ends in the middle of a line, so the result of its last test is unknown");
  return read_lines(lines, exit_status, format);
}

/// Reads what pytest or ctest printed in addition to a results file. The file does not reveal that its runner stopped
/// early, nor a second run that it does not contain.
caf::expected<std::optional<test_results>> read_printed(const test_run& run) {
  auto plain = without_escapes(run.output);
  auto lines = lines_of(plain);
  if (run.report_is_all) {
    if (run.exit_status)
      if (auto error = detail::refuse_pytest_status(*run.exit_status))
        return error;
    if (auto error = detail::refuse_early_end(lines))
      return error;
    return std::optional<test_results>{};
  }
  if (!detail::ends_as_pytest(lines) && !detail::looks_like_ctest(lines))
    return std::optional<test_results>{};
  auto printed = detail::read_text(lines, run.exit_status, test_format::automatic);
  if (!printed)
    return printed.error();
  return std::optional{std::move(*printed)};
}

caf::error refuse_difference(const test_results& report, const test_results& printed) {
  bool lacks_failures = printed.counts.failures() > 0 && report.counts.failures() == 0;
  bool lacks_runs = printed.runs.size() > 1 && (report.counts.total() < printed.counts.total() ||
                                                report.counts.failures() < printed.counts.failures());
  if (!lacks_failures && !lacks_runs)
    return caf::none;
  auto told = [](const test_results& of) {
    return std::to_string(of.counts.total()) + " tests of which " + std::to_string(of.counts.failures()) + " failed";
  };
  return fail(ec::malformed, "the results file holds " + told(report) + ", but the output tells of " + told(printed) +
                               (printed.runs.size() > 1 ? " in " + std::to_string(printed.runs.size()) + " runs" : ""));
}

caf::expected<test_results> read_report(const test_run& run, test_format format) {
  auto printed = read_printed(run);
  if (!printed)
    return printed.error();
  auto report = read_as(run.report, run.exit_status, format);
  if (report && *printed)
    if (auto error = refuse_difference(*report, **printed))
      return error;
  return report;
}

/// A shell that ran several commands returns the status of the last one.
caf::error refuse_contradiction(const test_results& results, int exit_status) {
  auto failures = results.counts.failures();
  bool agrees = (exit_status == 0) == (failures == 0);
  if (results.runs.size() > 1 && exit_status == 0)
    agrees = results.last.failures() == 0;
  if (agrees)
    return caf::none;
  return fail(ec::process_failed, "the test command exited with status " + std::to_string(exit_status) + ", but " +
                                    std::to_string(failures) + " tests failed");
}

} // namespace

std::optional<test_format> parse_test_format(std::string_view name) {
  using enum test_format;
  constexpr std::pair<std::string_view, test_format> formats[]{
    {"auto", automatic}, {"pytest", pytest}, {"ctest", ctest}, {"junit", junit}, {"tap", tap}, {"go", go}};
  for (const auto& [known, format] : formats)
    if (known == name)
      return format;
  return std::nullopt;
}

bool is_file_format(test_format format) {
  return format != test_format::pytest && format != test_format::ctest;
}

caf::expected<test_results> read_test_results(const test_run& run, test_format format) {
  if (auto error = refuse_incomplete(run))
    return error;
  auto results = run.report.empty() ? read_as(run.output, run.exit_status, format) : read_report(run, format);
  if (!results)
    return results;
  if (results->counts.total() == 0)
    return fail(ec::no_data,
                "no test ran (" + std::to_string(results->counts.skipped) + " were skipped or deselected)");
  if (run.exit_status)
    if (auto error = refuse_contradiction(*results, *run.exit_status))
      return error;
  return results;
}

} // namespace hive
