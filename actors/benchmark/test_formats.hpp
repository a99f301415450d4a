#pragma once

#include "actors/benchmark/test_results.hpp"

#include <span>

/// The readers of the single formats, for test_results.cpp alone. Each gets a run that ended by itself and fails as
/// read_test_results does; whether the exit status agrees with the counts is left to that.
namespace hive::detail {

using text_lines = std::span<const std::string_view>;

/// Whether the last line is a pytest summary.
bool ends_as_pytest(text_lines lines);
caf::expected<test_counts> read_pytest(text_lines lines, int exit_status);

/// Whether there is a line only ctest writes.
bool looks_like_ctest(text_lines lines);
caf::expected<test_counts> read_ctest(text_lines lines);

/// Whether the text begins as XML does.
bool looks_like_xml(std::string_view text);
caf::expected<test_counts> read_junit(std::string_view xml, int exit_status);

} // namespace hive::detail
