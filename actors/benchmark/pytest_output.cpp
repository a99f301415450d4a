#include "actors/benchmark/test_formats.hpp"
#include "actors/benchmark/text_scanner.hpp"
#include "messages/ec.hpp"

#include <set>
#include <string>

namespace hive::detail {
namespace {

// Exit statuses, from pytest's documentation.
constexpr int tests_failed = 1;
constexpr int interrupted = 2;
constexpr int internal_error = 3;
constexpr int usage_error = 4;
constexpr int no_tests_collected = 5;

/// `12.34s`, with ` (0:01:05)` behind it from a minute on.
bool take_duration(text_scanner& line) {
  if (!line.take_number() || !line.take(".") || !line.take_number() || !line.take("s"))
    return false;
  if (!line.take(" ("))
    return true;
  auto clock = line.take_until(")");
  return clock.find_first_not_of("0123456789:,days ") == std::string_view::npos && line.take(")");
}

/// Adds one `3 passed` to the counts. A kind that is not known fails closed: it may be a failure.
bool add_count(test_counts& counts, uint32_t count, std::string_view kind) {
  if (kind == "passed" || kind == "xpassed")
    counts.passed += count;
  else if (kind == "failed")
    counts.failed += count;
  else if (kind == "error" || kind == "errors")
    counts.errors += count;
  else if (kind == "skipped" || kind == "deselected" || kind == "xfailed")
    counts.skipped += count;
  else
    return kind == "warning" || kind == "warnings" || kind == "rerun" || kind == "reruns";
  return true;
}

/// More tests than any suite has, and few enough that no sum of them overflows.
constexpr uint32_t max_count = 100'000'000;

bool take_counts(text_scanner& line, test_counts& counts) {
  if (line.take("no tests ran"))
    return true;
  std::set<std::string_view> kinds;
  do {
    auto count = line.take_number();
    if (!count || *count > max_count || !line.take(" "))
      return false;
    auto kind = line.take_until(" ,");
    if (!kinds.insert(kind).second || !add_count(counts, *count, kind))
      return false;
  } while (line.take(", "));
  return true;
}

/// `==== 2 failed, 1 passed in 0.12s ====`, with -q without the bars. Nothing else may be on the line.
std::optional<test_counts> parse_summary(std::string_view text) {
  text_scanner line{text};
  test_counts counts;
  bool barred = line.take_all("=") > 0;
  if (barred && !line.take(" "))
    return std::nullopt;
  if (!take_counts(line, counts) || !line.take(" in ") || !take_duration(line))
    return std::nullopt;
  if (barred && (!line.take(" ") || line.take_all("=") == 0))
    return std::nullopt;
  return line.done() ? std::optional{counts} : std::nullopt;
}

bool is_framed(std::string_view line, char frame) {
  return line.size() > 2 && line.front() == frame && line.back() == frame;
}

/// Index behind the header of the last short summary, or the number of lines when there is none.
size_t short_summary(text_lines lines) {
  for (size_t i = lines.size(); i-- > 0;)
    if (is_framed(lines[i], '=') && lines[i].find(" short test summary info ") != std::string_view::npos)
      return i + 1;
  return lines.size();
}

/// Whether a file could not be imported. Such an error stands for an unknown number of tests.
bool failed_to_collect(text_lines lines) {
  for (auto line : lines)
    if (is_framed(line, '_') && line.find("_ ERROR collecting ") != std::string_view::npos)
      return true;
  for (auto line : lines.subspan(short_summary(lines))) {
    text_scanner entry{line};
    // An error of a test names it behind `::`, one of a file does not.
    if (entry.take("ERROR ") && entry.rest().substr(0, entry.rest().find(" - ")).find("::") == std::string_view::npos)
      return true;
  }
  return false;
}

caf::error refuse_status(int exit_status) {
  switch (exit_status) {
  case 0:
  case tests_failed:
    return caf::none;
  case interrupted:
    return fail(ec::process_failed, "pytest was interrupted, by an error in collection or from outside");
  case internal_error:
    return fail(ec::process_failed, "pytest failed with an internal error");
  case usage_error:
    return fail(ec::process_failed, "pytest does not understand its command line");
  case no_tests_collected:
    return fail(ec::no_data, "pytest found no test to run");
  default:
    return fail(ec::process_failed, "pytest exited with the unknown status " + std::to_string(exit_status));
  }
}

} // namespace

bool ends_as_pytest(text_lines lines) {
  return !lines.empty() && parse_summary(lines.back());
}

caf::expected<test_counts> read_pytest(text_lines lines, int exit_status) {
  if (auto error = refuse_status(exit_status))
    return error;
  auto counts = lines.empty() ? std::nullopt : parse_summary(lines.back());
  if (!counts)
    return fail(ec::malformed, "the output does not end with pytest's summary");
  if (lines.size() > 1 && is_framed(lines[lines.size() - 2], '!'))
    return fail(ec::process_failed, "pytest stopped before the last test: " + std::string{lines[lines.size() - 2]});
  if (failed_to_collect(lines))
    return fail(ec::process_failed, "pytest could not collect every file");
  return *counts;
}

} // namespace hive::detail
