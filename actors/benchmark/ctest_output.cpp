#include "actors/benchmark/test_formats.hpp"
#include "actors/benchmark/text_scanner.hpp"
#include "messages/ec.hpp"

#include <string>

namespace hive::detail {
namespace {

/// `50% tests passed, 1 tests failed out of 2`. Skipped tests are in `total` as if they had passed, disabled ones are
/// not in it.
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

/// `3/7 Test #3: name ....***Skipped   0.00 sec`.
struct result_line {
  uint32_t of = 0; ///< tests of the run, disabled ones with them
  bool skipped = false;
};

std::optional<result_line> parse_result(std::string_view text) {
  text_scanner line{text};
  line.take_all(" ");
  auto number = line.take_number();
  if (!number || !line.take("/"))
    return std::nullopt;
  auto of = line.take_number();
  if (!of || !line.take(" Test"))
    return std::nullopt;
  line.take_all(" ");
  if (!line.take("#") || !line.take_number() || !line.take(": "))
    return std::nullopt;
  return result_line{*of, line.rest().find("***Skipped ") != std::string_view::npos};
}

/// What the result lines before the summary say.
struct progress {
  uint32_t of = 0;
  uint32_t skipped = 0;
};

progress read_progress(text_lines lines) {
  progress out;
  for (auto line : lines)
    if (auto result = parse_result(line)) {
      out.of = result->of;
      out.skipped += result->skipped;
    }
  return out;
}

/// What the lists behind the summary say.
struct lists {
  uint32_t failed = 0;
  uint32_t skipped = 0;
  uint32_t disabled = 0;
};

/// Lines behind the summary that say nothing about the results, or are for standard error and came along from there.
bool is_known_tail(std::string_view text) {
  auto line = trim(text);
  auto is_time = line.find(" sec*proc (") != std::string_view::npos && line.ends_with(")");
  return is_time || line == "Label Time Summary:" || line == "Subproject Time Summary:" ||
         line == "Errors while running CTest" || line.starts_with("Output from these tests are in: ") ||
         line.starts_with("Use \"--rerun-failed ");
}

/// `2 - name (reason)`; newer versions write labels behind it.
bool is_entry(std::string_view text) {
  text_scanner line{trim(text)};
  return line.take_number() && line.take(" - ") && line.rest().find(" (") != std::string_view::npos;
}

bool has_reason(std::string_view line, std::string_view reason) {
  return line.find(reason) != std::string_view::npos;
}

/// Reads all that follows the summary; nothing when something else than ctest wrote there, or it does not go to the
/// end.
std::optional<lists> read_tail(text_lines lines_behind) {
  enum { nowhere, not_run, failed } section = nowhere;
  lists out;
  bool has_time = false;
  for (auto line : lines_behind) {
    if (line.starts_with("Total Test time (real) =") && line.ends_with(" sec"))
      has_time = true;
    else if (line == "The following tests did not run:")
      section = not_run;
    else if (line == "The following tests FAILED:")
      section = failed;
    else if (section == failed && is_entry(line))
      ++out.failed;
    else if (section == not_run && is_entry(line) && has_reason(line, " (Disabled)"))
      ++out.disabled;
    else if (section == not_run && is_entry(line) && has_reason(line, " (Skipped)"))
      ++out.skipped;
    else if (!is_known_tail(line))
      return std::nullopt;
  }
  return has_time ? std::optional{out} : std::nullopt;
}

std::optional<size_t> last_summary(text_lines lines) {
  for (size_t i = lines.size(); i-- > 0;)
    if (parse_summary(lines[i]))
      return i;
  return std::nullopt;
}

caf::error not_complete(const char* what) {
  return fail(ec::malformed, std::string{"the output of ctest is not complete: "} + what);
}

} // namespace

bool looks_like_ctest(text_lines lines) {
  for (auto line : lines)
    if (line.starts_with("Test project ") || parse_summary(line))
      return true;
  return false;
}

caf::expected<test_counts> read_ctest(text_lines lines) {
  auto at = last_summary(lines);
  if (!at) {
    if (read_progress(lines).of == 0 && looks_like_ctest(lines))
      return fail(ec::no_data, "ctest ran no test");
    return not_complete("there is no summary");
  }
  auto summary = *parse_summary(lines[*at]);
  auto before = read_progress(lines.first(*at));
  auto tail = read_tail(lines.subspan(*at + 1));
  if (!tail)
    return not_complete("it does not end with ctest's lists of failed tests and tests that did not run");
  if (tail->failed != summary.failed || tail->skipped != before.skipped ||
      uint64_t{summary.failed} + tail->skipped > summary.total)
    return not_complete("the lists behind the summary do not agree with it");
  if (uint64_t{summary.total} + tail->disabled != before.of)
    return fail(ec::process_failed,
                "ctest stopped after " + std::to_string(summary.total) + " of " + std::to_string(before.of) + " tests");
  return test_counts{summary.total - summary.failed - tail->skipped, summary.failed, 0, tail->skipped + tail->disabled};
}

} // namespace hive::detail
