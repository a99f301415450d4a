#pragma once

#include "actors/benchmark/reports/result_value.hpp"

/// Readers of the individual formats, used only by result_file.cpp. Each adds what it reads to `out`, or refuses there.
namespace hive::detail {

void read_pytest_benchmark(const result_value& root, result_metrics& out);
void read_google_benchmark(const result_value& root, result_metrics& out);
void read_hyperfine(const result_value& root, result_metrics& out);
/// One `estimates.json` or `sample.json`, whose metric is called `time`.
void read_criterion_file(const result_value& root, result_metrics& out);
/// Messages of cargo-criterion, one a line.
void read_criterion_messages(std::string_view text, result_metrics& out);
/// The text that go prints, with all of its packages.
void read_go_benchmarks(std::string_view text, result_metrics& out);
/// `test_pass_rate` and `test_fail_count`, as the adapter `regression` has them.
void read_junit_rates(std::string_view xml, result_metrics& out);

} // namespace hive::detail
