// The whole statistical check of a paired measurement: 10,000 metrics in 30 rounds, from the stored records to the
// answer with its explanation. Counters: the records, and by how much the process grew at its largest while it checked.
// Does not measure reading the records from the store.

#include "actors/upgrade/verdict/version_comparison.hpp"
#include "tests/analysis/agent_noise.hpp"
#include "tests/bench/snapshots.hpp"
#include "tests/support/process_memory.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

constexpr auto adapter = "bench";

void fill_run(wire::MeasuredRun::Builder out, wire::RunSide side, const char* version, uint32_t metrics,
              analysis::noise& random) {
  out.setSide(side);
  out.setVersion(version);
  auto list = out.initMetrics(metrics);
  for (uint32_t i = 0; i < metrics; ++i) {
    list[i].setAdapter(adapter);
    list[i].setName("metric_" + std::to_string(i));
    list[i].setUnit("ms");
    list[i].setDirection(wire::Direction::LOWER);
    list[i].setValue(100 + random.normal());
  }
}

check_inputs make_inputs(uint32_t metrics, uint32_t rounds) {
  analysis::noise random{1};
  check_inputs out{{make_snapshot("old", 5)}, {make_snapshot("new", 5)}};
  out.measurement = msg<wire::PairedMeasurement>::build([&](wire::PairedMeasurement::Builder measurement) {
    measurement.setId("m1");
    measurement.initRequest().setOld("old");
    measurement.getRequest().setNew("new");
    measurement.initAdapters(1)[0].setAdapter(adapter);
  });
  for (uint32_t number = 1; number <= rounds; ++number)
    out.rounds.push_back(msg<wire::MeasuredRound>::build([&](wire::MeasuredRound::Builder round) {
      round.setAdapter(adapter);
      round.setNumber(number);
      auto runs = round.initRuns(2);
      fill_run(runs[0], wire::RunSide::OLD, "old", metrics, random);
      fill_run(runs[1], wire::RunSide::NEW, "new", metrics, random);
    }));
  return out;
}

double mib(size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

void statistical_check(benchmark::State& state) {
  auto inputs = make_inputs(static_cast<uint32_t>(state.range(0)), static_cast<uint32_t>(state.range(1)));
  size_t bytes = 0;
  for (const auto& round : inputs.rounds)
    bytes += round.bytes().size();
  auto query = msg<wire::UpgradeQuery>::build([](wire::UpgradeQuery::Builder out) {
    out.setOld("old");
    out.setNew("new");
    out.setPolicy(wire::Policy::STATISTICAL);
  });
  auto growth = peak_growth([&] { benchmark::DoNotOptimize(check_versions(*query, inputs)); });
  for (auto _ : state)
    benchmark::DoNotOptimize(check_versions(*query, inputs));
  state.counters["records_mib"] = mib(bytes);
  if (growth)
    state.counters["peak_mib"] = mib(*growth);
}

BENCHMARK(statistical_check)->Args({100, 30})->Args({10'000, 30})->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
