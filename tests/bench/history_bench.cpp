// Changes of a metric's history: finding them, and judging the next value. Without reading the history from the store.

#include "analysis/current_segment.hpp"
#include "tests/analysis/history_noise.hpp"

#include <benchmark/benchmark.h>

namespace hive::analysis {
namespace {

enum class shape : uint8_t { flat, step, drift, many_steps };

std::vector<double> history(noise& random, size_t count, shape of) {
  auto values = noisy_history(random, count, history_noise::gaussian, 0.02);
  for (size_t i = 0; i < count; ++i) {
    double share = static_cast<double>(i) / static_cast<double>(count);
    values[i] *= of == shape::step         ? 1 + 0.1 * (share > 0.6)
                 : of == shape::drift      ? 1 + 0.2 * share
                 : of == shape::many_steps ? 1 + 0.2 * static_cast<double>(i / 10 % 2)
                                           : 1;
  }
  return values;
}

/// 1,000 histories, each of its own noise.
void find_changes_of_a_thousand(benchmark::State& state, shape of) {
  noise random{7};
  std::vector<std::vector<double>> series;
  for (int i = 0; i < 1'000; ++i)
    series.push_back(history(random, static_cast<size_t>(state.range(0)), of));
  for (auto _ : state)
    for (const auto& each : series)
      benchmark::DoNotOptimize(find_changes(each));
}

void find_changes_of_the_longest(benchmark::State& state, shape of) {
  noise random{8};
  auto values = history(random, max_history_values, of);
  for (auto _ : state)
    benchmark::DoNotOptimize(find_changes(values));
}

void judge_next_point(benchmark::State& state) {
  noise random{9};
  auto found = changes_of(history(random, 500, shape::step));
  for (auto _ : state)
    benchmark::DoNotOptimize(judge_point(found, 111));
}

BENCHMARK_CAPTURE(find_changes_of_a_thousand, flat, shape::flat)->Arg(100)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_a_thousand, step, shape::step)->Arg(100)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_a_thousand, drift, shape::drift)->Arg(100)->Arg(500)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_a_thousand, many_steps, shape::many_steps)
  ->Arg(100)
  ->Arg(500)
  ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_the_longest, flat, shape::flat)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_the_longest, drift, shape::drift)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find_changes_of_the_longest, many_steps, shape::many_steps)->Unit(benchmark::kMillisecond);
BENCHMARK(judge_next_point);

} // namespace
} // namespace hive::analysis
