// The upgrade check of two snapshots: the comparison alone, and including reading both from the store, as the node
// does. The store is warm (block cache or page cache); a cold disk adds its read times.

#include "actors/upgrade/verdict/version_comparison.hpp"
#include "storage/snapshot_store.hpp"
#include "tests/bench/snapshots.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>

namespace hive {
namespace {

msg<wire::UpgradeQuery> old_against_new() {
  return msg<wire::UpgradeQuery>::build([](wire::UpgradeQuery::Builder out) {
    out.setOld("old");
    out.setNew("new");
    out.setPolicy(wire::Policy::STRICT);
  });
}

void upgrade_check(benchmark::State& state) {
  auto count = static_cast<uint32_t>(state.range(0));
  auto query = old_against_new();
  check_inputs inputs{{make_snapshot("old", count)}, {make_snapshot("new", count, 1.1)}};
  for (auto _ : state)
    benchmark::DoNotOptimize(check_versions(*query, inputs));
}

void upgrade_check_from_store(benchmark::State& state) {
  auto count = static_cast<uint32_t>(state.range(0));
  temporary_directory dir;
  auto db = std::move(*database::open({.directory = dir.path()}));
  snapshot_store store{*db};
  for (auto [version, factor] : {std::pair{"old", 1.0}, {"new", 1.1}})
    if (auto err = db->write(*store.keep(make_snapshot(version, count, factor), capture_id{1})))
      state.SkipWithError(text_of(err).c_str());
  auto query = old_against_new();
  for (auto _ : state) {
    check_inputs inputs{{*store.latest("old")}, {*store.latest("new")}};
    benchmark::DoNotOptimize(check_versions(*query, inputs));
  }
}

BENCHMARK(upgrade_check)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);
BENCHMARK(upgrade_check_from_store)->Arg(100)->Arg(10'000)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
