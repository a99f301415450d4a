// The core of the upgrade gate in random hives: events that cores take per second. What is around them is in the time
// as well: disks, links, operators, liars, and the check of every invariant after each event. Does not measure
// signatures, which stand-ins make and verify, nor disks and links.

#include "tests/actors/upgrade/gate/gate_world.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

using gate::testing::gate_world;
using gate::testing::weather;

void gate_core_steps(benchmark::State& state) {
  constexpr size_t steps = 3'000;
  uint64_t seed = 0;
  uint64_t events = 0;
  for (auto _ : state) {
    gate_world world{++seed, static_cast<weather>(state.range(0))};
    if (auto violation = world.run(steps); !violation.empty())
      state.SkipWithError(violation.c_str());
    events += world.counts().steps;
  }
  state.SetItemsProcessed(static_cast<int64_t>(events));
}

BENCHMARK(gate_core_steps)
  ->ArgName("weather")
  ->DenseRange(0, gate::testing::weathers - 1)
  ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
