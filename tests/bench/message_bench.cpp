// Building, checking and reading a snapshot of 100 metrics as a Cap'n Proto message, compared with what HART OS does
// with its JSON files. One thread, warm caches; does not measure the disk or the network.

#include "messages/json.hpp"
#include "messages/json_text.hpp"
#include "tests/bench/snapshots.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

constexpr uint32_t metric_count = 100;

void snapshot_build(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(make_snapshot("v1", metric_count));
}

/// What a handler does with a received message: it reads every value.
void snapshot_read(benchmark::State& state) {
  auto snapshot = make_snapshot("v1", metric_count);
  for (auto _ : state) {
    double sum = 0;
    for (auto metric : snapshot->getMetrics())
      sum += metric.getValue();
    benchmark::DoNotOptimize(sum);
  }
}

/// What is done with bytes from the disk or another node: check everything, then copy.
void snapshot_load(benchmark::State& state) {
  std::string bytes{make_snapshot("v1", metric_count).bytes()};
  for (auto _ : state)
    benchmark::DoNotOptimize(msg<wire::Snapshot>::load(bytes));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes.size()));
}

void snapshot_to_json(benchmark::State& state) {
  auto snapshot = make_snapshot("v1", metric_count);
  for (auto _ : state)
    benchmark::DoNotOptimize(to_json(snapshot));
}

void snapshot_from_json(benchmark::State& state) {
  auto json = to_json(make_snapshot("v1", metric_count));
  for (auto _ : state)
    benchmark::DoNotOptimize(from_json<wire::Snapshot>(json));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}

/// The first step of reading JSON: the text becomes a tree, without regard to the schema.
void snapshot_parse_json(benchmark::State& state) {
  auto json = to_json(make_snapshot("v1", metric_count));
  for (auto _ : state) {
    capnp::MallocMessageBuilder scratch;
    benchmark::DoNotOptimize(parse_json(json, scratch.initRoot<capnp::JsonValue>()));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
}

BENCHMARK(snapshot_build)->Unit(benchmark::kMicrosecond);
BENCHMARK(snapshot_read)->Unit(benchmark::kMicrosecond);
BENCHMARK(snapshot_load)->Unit(benchmark::kMicrosecond);
BENCHMARK(snapshot_to_json)->Unit(benchmark::kMicrosecond);
BENCHMARK(snapshot_from_json)->Unit(benchmark::kMicrosecond);
BENCHMARK(snapshot_parse_json)->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace hive
