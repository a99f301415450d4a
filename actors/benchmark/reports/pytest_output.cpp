#include "actors/benchmark/reports/test_formats.hpp"
#include "actors/benchmark/reports/test_tally.hpp"
#include "actors/benchmark/reports/text_scanner.hpp"
#include "messages/ec.hpp"

#include <algorithm>
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

/// `12.34s`, followed by ` (0:01:05)` from one minute on.
bool take_duration(text_scanner& line) {
  if (!line.take_number() || !line.take(".") || !line.take_number() || !line.take("s"))
    return false;
  if (!line.take(" ("))
    return true;
  auto clock = line.take_until(")");
  return clock.find_first_not_of("0123456789:,days ") == std::string_view::npos && line.take(")");
}

/// `==== 2 failed, 1 passed in 0.12s ====`.
struct summary_line {
  test_counts counts;
  uint32_t xpassed = 0;    ///< part of `passed`: expected to fail
  uint32_t deselected = 0; ///< part of `skipped`: not started
  bool has_subtests = false;
  bool barred = false;
};

/// Adds one `3 passed` to the counts. Fails closed on unknown kinds: they may be failures.
bool add_count(summary_line& out, uint32_t count, std::string_view kind) {
  if (kind == "passed" || kind == "xpassed")
    out.counts.passed += count;
  else if (kind == "failed")
    out.counts.failed += count;
  else if (kind == "error" || kind == "errors")
    out.counts.errors += count;
  else if (kind == "skipped" || kind == "deselected" || kind == "xfailed")
    out.counts.skipped += count;
  else if (kind != "subtests" && kind != "warning" && kind != "warnings" && kind != "rerun" && kind != "reruns")
    return false;
  if (kind == "deselected")
    out.deselected = count;
  out.has_subtests |= kind == "subtests";
  return true;
}

/// `3 subtests passed`: subtests do not count, the test that contains them does. Failed ones are part of `failed`.
bool take_rest_of_kind(text_scanner& line, std::string_view kind) {
  if (kind != "subtests")
    return true;
  return line.take(" passed") || line.take(" skipped") || line.take(" xfailed");
}

bool take_counts(text_scanner& line, summary_line& out) {
  if (line.take("no tests ran"))
    return true;
  std::set<std::string> kinds;
  do {
    auto count = line.take_number();
    if (!count || *count > max_tests || !line.take(" "))
      return false;
    auto before = line.rest();
    auto kind = line.take_until(" ,");
    if (!add_count(out, *count, kind) || !take_rest_of_kind(line, kind))
      return false;
    if (!kinds.emplace(before.substr(0, before.size() - line.rest().size())).second)
      return false;
  } while (line.take(", "));
  return true;
}

/// Parses the summary (without bars under -q). Nothing else may be on the line.
std::optional<summary_line> parse_summary(std::string_view text) {
  text_scanner line{text};
  summary_line out;
  out.barred = line.take_all("=") > 0;
  if (out.barred && !line.take(" "))
    return std::nullopt;
  if (!take_counts(line, out) || !line.take(" in ") || !take_duration(line))
    return std::nullopt;
  if (out.barred && (!line.take(" ") || line.take_all("=") == 0))
    return std::nullopt;
  return line.done() ? std::optional{out} : std::nullopt;
}

bool is_framed(std::string_view line, char frame) {
  return line.size() > 2 && line.front() == frame && line.back() == frame;
}

bool is_header(std::string_view line, std::string_view title) {
  return is_framed(line, '=') && line.find(title) != std::string_view::npos;
}

/// Contents of a line of progress.
struct progress_line {
  uint32_t tests = 0;
  uint32_t broken = 0; ///< F and E
  bool marked = false; ///< has the line ending that only pytest writes
};

/// `..F.s   [ 42%]`, preceded by the file name unless -q is given.
std::optional<progress_line> parse_progress(std::string_view text) {
  constexpr std::string_view outcomes = ".FEsxX";
  constexpr std::string_view others = "Ru,-"; // reruns and subtests
  auto mark = text.rfind(" [");
  bool has_mark = mark != std::string_view::npos && text.ends_with(']') &&
                  text.find_first_not_of(" 0123456789%/", mark + 2) == text.size() - 1;
  auto letters = trim(has_mark ? text.substr(0, mark) : text);
  if (auto space = letters.rfind(' '); space != std::string_view::npos && letters.substr(0, space).ends_with(".py"))
    letters = letters.substr(space + 1);
  if (letters.empty())
    return std::nullopt;
  progress_line out;
  out.marked = has_mark;
  for (char c : letters) {
    bool is_outcome = outcomes.find(c) != std::string_view::npos;
    if (!is_outcome && others.find(c) == std::string_view::npos)
      return std::nullopt;
    out.tests += is_outcome;
    out.broken += c == 'F' || c == 'E';
  }
  return out;
}

/// Tests named in the lines after `FAILURES`, `ERRORS` and `short test summary info`.
struct named_tests {
  std::set<std::string, std::less<>> failed;  ///< FAILED
  std::set<std::string, std::less<>> errors;  ///< ERROR
  std::set<std::string, std::less<>> subtest; ///< tests with failed subtests
  uint32_t failed_lines = 0;                  ///< FAILED and SUBFAILED
  uint32_t error_lines = 0;
  uint32_t setup_headers = 0; ///< number of `ERROR at setup of`
  uint32_t teardown_headers = 0;
  bool collection = false; ///< a file could not be imported; the number of its tests is unknown
};

std::string_view node_id(std::string_view text) {
  return text.substr(0, text.find(" - "));
}

/// Skips the subtest's name in `[message](i=1) file::test`.
std::string_view behind_subtest(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '[' || text[i] == '(';
    depth -= text[i] == ']' || text[i] == ')';
    bool goes_on = i + 1 < text.size() && (text[i + 1] == '[' || text[i + 1] == '(');
    if (text[i] == ' ' && depth <= 0 && !goes_on)
      return text.substr(i + 1);
  }
  return text;
}

void take_entry(std::string_view text, named_tests& out) {
  text_scanner line{text};
  if (line.take("FAILED ")) {
    ++out.failed_lines;
    out.failed.emplace(node_id(line.rest()));
  } else if (line.take("SUBFAILED") || line.take("SUBFAIL")) {
    ++out.failed_lines;
    auto id = node_id(behind_subtest(line.rest()));
    out.subtest.emplace(id.substr(0, id.find(" [")));
  } else if (line.take("ERROR ")) {
    ++out.error_lines;
    out.errors.emplace(node_id(line.rest()));
    // The error of a test names it after `::`; the error of a file has no `::`.
    out.collection |= node_id(line.rest()).find("::") == std::string_view::npos;
  }
}

void take_detail_header(std::string_view line, named_tests& out) {
  if (!is_framed(line, '_'))
    return;
  out.setup_headers += line.find("_ ERROR at setup of ") != std::string_view::npos;
  out.teardown_headers += line.find("_ ERROR at teardown of ") != std::string_view::npos;
  out.collection |= line.find("_ ERROR collecting ") != std::string_view::npos;
}

caf::error cannot_tell(const std::string& what) {
  return fail(ec::malformed, "pytest's output does not tell " + what + "; a JUnit file does (--junitxml=FILE)");
}

/// Counts each test once. pytest's summary counts a test that passed and then failed in tear-down as two, and a test
/// with subtests once more for each failed subtest.
caf::expected<test_counts> count_once(const summary_line& summary, const named_tests& named) {
  auto counts = summary.counts;
  auto among = [](const auto& set, const std::string& id) { return set.find(id) != set.end(); };
  if (summary.has_subtests && counts.failed > 0 && named.failed_lines != counts.failed)
    return cannot_tell("which tests the failed subtests belong to");
  std::set<std::string, std::less<>> failed = named.failed;
  uint32_t passed_all_the_same = 0; // tests that `passed` includes although they failed
  if (named.failed_lines == counts.failed && !named.subtest.empty()) {
    for (const auto& id : named.subtest)
      passed_all_the_same += failed.insert(id).second;
    counts.failed = static_cast<uint32_t>(failed.size());
  }
  if (counts.errors > 0 && named.error_lines == counts.errors) {
    if (named.setup_headers + named.teardown_headers != counts.errors)
      return cannot_tell("whether the tests with errors are among those that passed");
    auto alone = static_cast<uint32_t>(std::count_if(named.errors.begin(), named.errors.end(),
                                                     [&](const std::string& id) { return !among(failed, id); }));
    passed_all_the_same += alone - std::min(alone, named.setup_headers);
    counts.errors = alone;
  }
  counts.passed -= std::min(counts.passed, passed_all_the_same);
  return counts;
}

/// The part of a run that is being read.
enum class part : uint8_t { progress, details, warnings, entries };

class reader {
public:
  caf::expected<text_run> read(text_lines lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
      auto line = lines[i];
      if (is_header(line, " test session starts ") && i > 0 && (has_header_ || letters_ > 0)) {
        if (!candidate_)
          return fail(ec::process_failed, "pytest began a second time, and the first run has no summary");
        return finish(lines, *candidate_);
      }
      if (begins_again(line))
        return finish(lines, *candidate_);
      if (contradicts_order(line))
        return fail(ec::process_failed, "pytest began a second time, and the first run has no summary");
      take(line);
      if (auto summary = ends_with(line)) {
        if (part_ != part::details)
          return finish(lines, i);
        if (!candidate_)
          candidate_ = i; // or printed by a failed test
        else
          many_candidates_ = true;
      }
    }
    // The output ends with the failures' details: no short summary was requested.
    if (candidate_ && !many_candidates_ && *candidate_ + 1 == lines.size())
      return finish(lines, *candidate_);
    if (many_candidates_)
      return cannot_tell("its summary from what the tests printed");
    return fail(ec::malformed, "the output does not end with pytest's summary");
  }

private:
  void take(std::string_view line) {
    if (is_header(line, " test session starts "))
      has_header_ = true;
    else if (is_detail_header(line))
      enter_details(line);
    else if (is_header(line, " warnings summary "))
      part_ = part::warnings;
    else if (is_header(line, " short test summary info "))
      enter_entries();
    else if (part_ == part::entries)
      take_entry(line, named_);
    else if (part_ == part::details)
      take_detail_header(line, named_);
    else if (auto progress = parse_progress(line); progress && part_ == part::progress)
      add(*progress);
  }

  static bool is_detail_header(std::string_view line) {
    return is_header(line, " FAILURES ") || is_header(line, " ERRORS ") || is_header(line, " PASSES ");
  }

  /// Each part appears once: a repeated part, or one after the last part, belongs to another run.
  bool contradicts_order(std::string_view line) const {
    bool at_end = part_ == part::entries;
    if (is_detail_header(line))
      return at_end || seen_.find(std::string{trim_frame(line)}) != seen_.end();
    auto progress = at_end ? parse_progress(line) : std::nullopt;
    return at_end && (is_header(line, " short test summary info ") || (progress && progress->marked));
  }

  static std::string_view trim_frame(std::string_view line) {
    auto begin = line.find_first_not_of('=');
    return line.substr(begin, line.find_last_not_of('=') + 1 - begin);
  }

  void enter_details(std::string_view line) {
    part_ = part::details;
    seen_.emplace(trim_frame(line));
    details_of_failures_ |= !is_header(line, " PASSES ");
  }

  void add(const progress_line& progress) {
    letters_ += progress.tests;
    if (!progress.marked)
      return;
    marked_letters_ += progress.tests;
    marked_broken_ += progress.broken;
  }

  void enter_entries() {
    part_ = part::entries;
    candidate_.reset();
    many_candidates_ = false;
  }

  /// Whether another run's progress follows this run's details.
  bool begins_again(std::string_view line) const {
    auto progress = part_ == part::details && candidate_ && !many_candidates_ ? parse_progress(line) : std::nullopt;
    return progress && progress->marked;
  }

  /// This run's summary; it has bars if the run has a header.
  std::optional<summary_line> ends_with(std::string_view line) const {
    auto summary = parse_summary(line);
    return summary && (!has_header_ || summary->barred) ? summary : std::nullopt;
  }

  caf::expected<text_run> finish(text_lines lines, size_t at) {
    auto summary = *parse_summary(lines[at]);
    if (auto error = refuse_early_end(lines.first(at + 1)))
      return error;
    if (named_.collection)
      return fail(ec::process_failed, "pytest could not collect every file");
    const auto& counts = summary.counts;
    auto told = uint64_t{counts.total()} + counts.skipped - summary.deselected;
    if (marked_letters_ > told)
      return fail(ec::process_failed, "pytest's progress tells of " + std::to_string(marked_letters_) +
                                        " tests and its summary of " + std::to_string(told) +
                                        ": another run ended without a summary");
    if (marked_broken_ > counts.failures() || named_.failed_lines > counts.failed ||
        named_.error_lines > counts.errors || (details_of_failures_ && counts.failures() == 0))
      return fail(ec::process_failed,
                  "pytest reports failures that are missing in its summary: another run ended without one");
    auto once = count_once(summary, named_);
    if (!once)
      return once.error();
    text_run out;
    out.end = at + 1;
    out.sure = has_header_ ? summary.barred : !summary.barred && letters_ == told && told > 0;
    out.results.counts = out.results.last = *once;
    out.results.runs.emplace_back("pytest's output");
    name_failures(out.results);
    return out;
  }

  void name_failures(test_results& out) const {
    auto all = named_.failed;
    all.insert(named_.subtest.begin(), named_.subtest.end());
    all.insert(named_.errors.begin(), named_.errors.end());
    for (const auto& id : all) {
      if (out.failures.size() < max_named_failures)
        out.failures.push_back(shown_name(id));
      if (out.tests.size() < max_named_tests)
        out.tests.push_back({shown_name(id), {}, test_outcome::failed});
    }
  }

  part part_ = part::progress;
  named_tests named_;
  bool has_header_ = false;
  uint64_t letters_ = 0;        ///< number of outcomes in progress lines
  uint64_t marked_letters_ = 0; ///< those in lines that only pytest writes
  uint64_t marked_broken_ = 0;
  bool details_of_failures_ = false;
  std::set<std::string> seen_; ///< headings of the details
  std::optional<size_t> candidate_;
  bool many_candidates_ = false;
};

} // namespace

bool ends_as_pytest(text_lines lines) {
  return !lines.empty() && parse_summary(lines.back());
}

caf::error refuse_early_end(text_lines lines) {
  constexpr size_t last_lines = 4; // the summary and what may follow it; with -qq there is no summary
  for (auto line : lines.last(std::min(lines.size(), last_lines)))
    if (is_framed(line, '!'))
      return fail(ec::process_failed, "pytest stopped before the last test: " + shown_name(line));
  return caf::none;
}

bool is_pytest_output(std::string_view line) {
  auto progress = parse_progress(line);
  return is_header(line, " test session starts ") || (progress && progress->marked);
}

caf::error refuse_pytest_status(int exit_status) {
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

caf::expected<text_run> read_pytest_run(text_lines lines) {
  return reader{}.read(lines);
}

} // namespace hive::detail
