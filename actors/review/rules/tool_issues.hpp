#pragma once

#include "actors/review/rules/verdict.hpp"

#include <string_view>

namespace hive::review {

/// Issues that are kept of one command; all are counted.
inline constexpr size_t max_issues = 200;
/// Bytes of one issue, as in HART OS.
inline constexpr size_t max_issue_bytes = 500;

/// Reads the output of a lint or guardian command that found something into `out`: each line `PATH:LINE: TEXT` or
/// `PATH:LINE:COLUMN: TEXT`, as compilers and linters write them, is an issue. Output without such lines is one issue
/// with its end.
void read_issues(std::string_view output, check_result& out);

} // namespace hive::review
