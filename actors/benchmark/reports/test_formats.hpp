#pragma once

#include "actors/benchmark/reports/test_results.hpp"

#include <span>

/// The readers of the single formats, for test_results.cpp alone. Each gets a command that ended by itself and fails as
/// read_test_results does; whether the exit status agrees with the counts is left to that.
namespace hive::detail {

using text_lines = std::span<const std::string_view>;

/// One run found in what was printed.
struct text_run {
  size_t end = 0; ///< index of the line behind it
  test_results results;
  bool sure = false; ///< whether a test cannot have printed it: its progress or its header belongs to its summary
};

/// Whether the last line is a pytest summary.
bool ends_as_pytest(text_lines lines);
/// Whether pytest's progress or header stands in this line.
bool is_pytest_output(std::string_view line);
/// Reads the first run of pytest in `lines`. ec::malformed when there is no summary.
caf::expected<text_run> read_pytest_run(text_lines lines);
/// Whether pytest says at the end of its output that it stopped before the last test.
caf::error refuse_early_end(text_lines lines);
/// What pytest's exit status says of a run that it ended.
caf::error refuse_pytest_status(int exit_status);

/// Whether there is a line only ctest writes.
bool looks_like_ctest(text_lines lines);
bool begins_ctest(std::string_view line);
/// Reads the run of ctest that begins with the first line.
caf::expected<text_run> read_ctest_run(text_lines lines);

/// Whether the text begins as XML does.
bool looks_like_xml(std::string_view text);
caf::expected<test_results> read_junit(std::string_view xml, std::optional<int> exit_status);

/// Whether there is a version or plan of TAP.
bool looks_like_tap(text_lines lines);
/// Whether the last line says that a test passed; cut, it may lack that the test was skipped.
bool ends_as_passed_tap(text_lines lines);
caf::expected<test_results> read_tap(text_lines lines);

/// Whether there is an event of `go test -json`.
bool looks_like_go(text_lines lines);
caf::expected<test_results> read_go(text_lines lines);

/// Whether a line is part of what pytest or ctest print.
bool holds_text_results(text_lines lines);
/// What in `lines` is neither pytest's nor ctest's, but results all the same: its name, or nothing.
const char* other_results(text_lines lines);
/// All runs in what was printed by pytest, by ctest, or by both (`automatic`).
caf::expected<test_results> read_text(text_lines lines, std::optional<int> exit_status, test_format format);

} // namespace hive::detail
