#include "actors/benchmark/reports/result_formats.hpp"
#include "messages/ec.hpp"

namespace hive::detail {
namespace {

/// pytest-benchmark's JSON has all times in seconds, whatever its table shows.
constexpr const char* unit = "s";

void read_one(const result_value& benchmark, result_metrics& out) {
  auto name = benchmark.at("fullname").text();
  // A function that raised has an entry without times.
  if (benchmark.is_true("has_error") || !benchmark.has("stats"))
    return benchmark.refuse("is the failed benchmark \"" + name + "\"", ec::process_failed);
  auto stats = benchmark.at("stats");
  if (stats.has("data"))
    out.add_time(name, unit, stats.at("data").numbers(), benchmark.place());
  else
    out.add_time(name, unit, {stats.at("mean").number()}, benchmark.place());
}

} // namespace

void read_pytest_benchmark(const result_value& root, result_metrics& out) {
  for (const auto& benchmark : root.at("benchmarks").elements())
    read_one(benchmark, out);
}

} // namespace hive::detail
