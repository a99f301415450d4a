// Snapshots of several sizes as JSON, out and in. One thread, warm caches; does not measure HTTP, the disk, or the
// check of a snapshot that is imported.
//
// json_out: a message becomes text.
// json_in: the text becomes a message, checked against the schema. `ratio` divides its time by that of Boost.JSON,
// which
//   parses the same bytes into a tree without a schema; the two alternate. Absent where Boost.JSON was when this was
//   built.

#include "messages/json.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/snapshots.hpp"
#ifdef HIVE_BOOST_JSON
#include "tests/bench/boost_json_parse.hpp"
#endif

#include <benchmark/benchmark.h>

namespace hive {
namespace {

void json_out(benchmark::State& state) {
  auto snapshot = make_snapshot("v1", static_cast<uint32_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(to_json(snapshot));
}

void json_in(benchmark::State& state) {
  auto json = to_json(make_snapshot("v1", static_cast<uint32_t>(state.range(0))));
  double ours_s = 0;
  [[maybe_unused]] double boost_s = 0;
  for (auto _ : state) {
    auto begin = bench_clock::now();
    auto read = from_json<wire::Snapshot>(json);
    auto took = seconds_since(begin);
    if (!read)
      return state.SkipWithError(text_of(read.error()).c_str());
    state.SetIterationTime(took);
    ours_s += took;
#ifdef HIVE_BOOST_JSON
    begin = bench_clock::now();
    benchmark::DoNotOptimize(parse_with_boost_json(json));
    boost_s += seconds_since(begin);
#endif
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(json.size()));
#ifdef HIVE_BOOST_JSON
  state.counters["ratio"] = ours_s / boost_s;
#endif
}

BENCHMARK(json_out)
  ->ArgName("metrics")
  ->RangeMultiplier(10)
  ->Range(10, 100'000)
  ->UseRealTime()
  ->Unit(benchmark::kMillisecond);
// A snapshot has at most 8 MiB, so none of 100,000 metrics comes in.
BENCHMARK(json_in)
  ->ArgName("metrics")
  ->RangeMultiplier(10)
  ->Range(10, 10'000)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
