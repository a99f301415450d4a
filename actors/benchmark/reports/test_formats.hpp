#pragma once

#include "actors/benchmark/reports/test_results.hpp"

#include <span>

/// Readers of the individual formats, used only by test_results.cpp. Each gets the output of a command that ended
/// normally, and fails like read_test_results, which then checks the exit status against the counts.
namespace hive::detail {

using text_lines = std::span<const std::string_view>;

/// One run found in printed output.
struct text_run {
  size_t end = 0; ///< index after its last line
  test_results results;
  bool sure = false; ///< whether no test can have printed it: its progress or header matches its summary
};

/// Whether the last line is a pytest summary.
bool ends_as_pytest(text_lines lines);
/// Whether the line is pytest's progress or header.
bool is_pytest_output(std::string_view line);
/// Reads the first pytest run in `lines`. ec::malformed without a summary.
caf::expected<text_run> read_pytest_run(text_lines lines);
/// Fails if pytest reports at the end of its output that it stopped early.
caf::error refuse_early_end(text_lines lines);
/// Fails if pytest's exit status means an incomplete run.
caf::error refuse_pytest_status(int exit_status);

/// Whether there is a line that only ctest writes.
bool looks_like_ctest(text_lines lines);
bool begins_ctest(std::string_view line);
/// Reads the ctest run that starts at the first line.
caf::expected<text_run> read_ctest_run(text_lines lines);

/// Whether the text starts like XML.
bool looks_like_xml(std::string_view text);
caf::expected<test_results> read_junit(std::string_view xml, std::optional<int> exit_status);

/// Whether there is a TAP version or plan.
bool looks_like_tap(text_lines lines);
/// Whether the last line reports a passed test; if truncated, a skip directive may be missing.
bool ends_as_passed_tap(text_lines lines);
caf::expected<test_results> read_tap(text_lines lines);

/// Whether there is a `go test -json` event.
bool looks_like_go(text_lines lines);
caf::expected<test_results> read_go(text_lines lines);

/// Whether a line is part of pytest's or ctest's output.
bool holds_text_results(text_lines lines);
/// The name of another runner whose results are in `lines`, or null.
const char* other_results(text_lines lines);
/// Reads all runs in the output of pytest, of ctest, or of both (`automatic`).
caf::expected<test_results> read_text(text_lines lines, std::optional<int> exit_status, test_format format);

} // namespace hive::detail
