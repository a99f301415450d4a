#include "actors/benchmark/reports/result_formats.hpp"
#include "actors/benchmark/reports/test_results.hpp"
#include "messages/ec.hpp"

namespace hive::detail {
namespace {

/// Failed tests that the note names.
constexpr size_t max_named = 10;

} // namespace

void read_junit_rates(std::string_view xml, result_metrics& out) {
  test_run run;
  run.report = xml;
  run.exit_status = std::nullopt;
  auto results = read_test_results(run, test_format::junit);
  if (!results)
    return out.refuse(code_of(results.error()), "", "cannot be read: " + hive::text_of(results.error()));
  out.add("test_pass_rate", "ratio", wire::Direction::HIGHER, {results->counts.pass_rate()}, "");
  out.add("test_fail_count", "count", wire::Direction::LOWER, {static_cast<double>(results->counts.failures())}, "");
  std::string failed;
  for (size_t i = 0; i < std::min(results->failures.size(), max_named); ++i)
    failed += (failed.empty() ? "" : ", ") + results->failures[i];
  if (!failed.empty())
    out.remark("failed: " + failed);
}

} // namespace hive::detail
