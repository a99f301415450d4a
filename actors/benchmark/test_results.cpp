#include "actors/benchmark/test_results.hpp"

#include "actors/benchmark/child_process.hpp"
#include "actors/benchmark/run_report.hpp"
#include "actors/benchmark/test_formats.hpp"
#include "actors/benchmark/text_scanner.hpp"
#include "messages/ec.hpp"

namespace hive {
namespace {

using detail::text_lines;

/// Shells report with 126 that a program cannot be executed, with 127 that there is none, above that the signal that
/// ended it.
constexpr int first_shell_failure = 126;

/// What rules out any result before a line is read.
caf::error refuse_incomplete(const test_run& run) {
  if (run.timed_out)
    return fail(ec::timed_out, "the tests did not end within their time limit");
  if (run.signal != 0)
    return fail(ec::process_failed, "the test command crashed (" + signal_name(run.signal) + ")");
  if (run.exit_status >= first_shell_failure || run.exit_status < 0)
    return fail(ec::process_failed,
                "the test command crashed or could not be run (exit status " + std::to_string(run.exit_status) + ")");
  if (run.truncated)
    return fail(ec::too_large, "the tests print more than is read, so their summary is lost");
  return caf::none;
}

test_format detect(std::string_view output, std::string_view report, text_lines lines) {
  if (detail::looks_like_xml(report) || (report.empty() && detail::looks_like_xml(output)))
    return test_format::junit;
  if (detail::ends_as_pytest(lines))
    return test_format::pytest;
  if (detail::looks_like_ctest(lines))
    return test_format::ctest;
  return test_format::automatic;
}

/// A report file does not tell when its runner stopped early; what it printed beside does.
caf::error refuse_stopped(text_lines lines, int exit_status) {
  caf::expected<test_counts> printed = test_counts{};
  if (detail::ends_as_pytest(lines))
    printed = detail::read_pytest(lines, exit_status);
  else if (detail::looks_like_ctest(lines))
    printed = detail::read_ctest(lines);
  return printed ? caf::error{} : std::move(printed.error());
}

caf::expected<test_counts> read_junit(const test_run& run, text_lines lines) {
  if (run.report.empty())
    return detail::read_junit(run.output, run.exit_status);
  if (auto error = refuse_stopped(lines, run.exit_status))
    return error;
  return detail::read_junit(run.report, run.exit_status);
}

caf::expected<test_counts> read_as(const test_run& run, test_format format) {
  auto output = without_escapes(run.output);
  auto lines = lines_of(output);
  if (format == test_format::automatic)
    format = detect(output, run.report, lines);
  switch (format) {
  case test_format::pytest:
    return detail::read_pytest(lines, run.exit_status);
  case test_format::ctest:
    return detail::read_ctest(lines);
  case test_format::junit:
    return read_junit(run, lines);
  case test_format::automatic:
    break;
  }
  return fail(ec::malformed, "the test command's output ends with no summary of pytest or ctest and is no JUnit XML");
}

caf::error refuse_contradiction(const test_counts& counts, int exit_status) {
  if ((exit_status == 0) == (counts.failures() == 0))
    return caf::none;
  return fail(ec::process_failed, "the test command exited with status " + std::to_string(exit_status) + ", but " +
                                    std::to_string(counts.failures()) + " tests failed");
}

} // namespace

std::optional<test_format> parse_test_format(std::string_view name) {
  if (name == "auto")
    return test_format::automatic;
  if (name == "pytest")
    return test_format::pytest;
  if (name == "ctest")
    return test_format::ctest;
  if (name == "junit")
    return test_format::junit;
  return std::nullopt;
}

caf::expected<test_counts> read_test_results(const test_run& run, test_format format) {
  if (auto error = refuse_incomplete(run))
    return error;
  auto counts = read_as(run, format);
  if (!counts)
    return counts;
  if (counts->total() == 0)
    return fail(ec::no_data, "no test ran (" + std::to_string(counts->skipped) + " were skipped or deselected)");
  if (auto error = refuse_contradiction(*counts, run.exit_status))
    return error;
  return counts;
}

} // namespace hive
