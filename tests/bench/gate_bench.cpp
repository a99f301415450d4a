// The statistical gate on measured pairs: one metric with every look that its pairs allow, and 10,000 metrics with 30
// pairs each, as a check of a large benchmark has them. The noise is so large that most metrics need all looks. Does
// not measure reading the values from the store, or writing the verdict.

#include "analysis/sequential_gate.hpp"
#include "tests/analysis/measured_noise.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

using analysis::judge_pairs;
using analysis::measured_pairs;

std::vector<measured_pairs> make_pairs(size_t metrics, size_t pairs) {
  analysis::noise random{1};
  std::vector<measured_pairs> out;
  for (size_t i = 0; i < metrics; ++i)
    out.emplace_back(random, analysis::noise_kind::gaussian, 0.10, 1, pairs);
  return out;
}

void statistical_gate(benchmark::State& state) {
  auto metrics = make_pairs(static_cast<size_t>(state.range(0)), static_cast<size_t>(state.range(1)));
  analysis::gate_options options{.plan = state.range(1) > 60 ? analysis::look_plan::long_form
                                                             : analysis::look_plan::short_form};
  for (auto _ : state)
    for (const auto& each : metrics)
      benchmark::DoNotOptimize(judge_pairs(each.old_values, each.new_values, options));
  state.SetItemsProcessed(state.iterations() * state.range(0)); // metrics
}

BENCHMARK(statistical_gate)->Args({10'000, 30})->Args({1'000, 60})->Args({1'000, 120})->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
