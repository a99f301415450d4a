// The history of a metric of 10,000 captures, and the changes of 1,000 metrics of 500: reading and analysing alone, and
// a whole page over HTTP on loopback, with a new connection for each. An overview of a million captures with its JSON;
// `first_s` is what the first one took, which makes the blocks. The store is warm; a cold disk adds its read
// times.

#include "actors/history/historian.hpp"
#include "actors/history/history_reader.hpp"
#include "actors/http/api_routes.hpp"
#include "actors/http/history_routes.hpp"
#include "actors/http/server.hpp"
#include "messages/json.hpp"
#include "platform/http_client.hpp"
#include "storage/series_store.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <chrono>
#include <prometheus/registry.h>
#include <random>

namespace hive {
namespace {

constexpr uint32_t page_points = 10'000;

/// A store of metrics with 2% of noise and a step in each.
class stored_series {
public:
  stored_series(uint32_t metrics, uint64_t captures, int64_t interval = 3'600'000'000) : interval_{interval} {
    constexpr size_t bytes_of_a_write = size_t{8} << 20;
    write_set writes;
    for (uint64_t id = 1; id <= captures; ++id) {
      series_store::append(*snapshot(id, metrics, captures), writes);
      if (id < captures && writes.bytes() < bytes_of_a_write)
        continue;
      if (auto failed = db->write(writes))
        throw std::runtime_error(text_of(failed));
      writes = {};
    }
  }

  /// One metric with a page of points, filled once.
  static const stored_series& of_a_page() {
    static const stored_series series{1, page_points};
    return series;
  }

private:
  msg<wire::Snapshot> snapshot(uint64_t id, uint32_t count, uint64_t captures) {
    return msg<wire::Snapshot>::build([&](wire::Snapshot::Builder out) {
      out.setVersion("v1." + std::to_string(id));
      out.setCaptureId(id);
      out.setCapturedAt(1'771'934'400'000'000 + static_cast<int64_t>(id) * interval_);
      auto metrics = out.initMetrics(count);
      for (uint32_t i = 0; i < count; ++i) {
        double level = id < captures * (50 + i % 40) / 100 ? 100 : 110;
        metrics[i].setAdapter("a");
        metrics[i].setName("metric_" + std::to_string(i));
        metrics[i].setUnit("ms");
        metrics[i].setValue(level * (1 + 0.02 * noise_(random_)));
        auto samples = metrics[i].initSamples(3);
        for (uint32_t s = 0; s < samples.size(); ++s)
          samples.set(s, metrics[i].getValue() + s);
      }
    });
  }

  const int64_t interval_; ///< between captures, in microseconds
  temporary_directory dir_;
  std::mt19937 random_{1};
  std::normal_distribution<double> noise_;

public:
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir_.path()}));
};

msg<wire::MetricHistoryQuery> query_of(uint32_t limit) {
  return msg<wire::MetricHistoryQuery>::build([&](wire::MetricHistoryQuery::Builder out) {
    out.setAdapter("a");
    out.setName("metric_0");
    out.setLimit(limit);
  });
}

void history_page(benchmark::State& state) {
  const auto& series = stored_series::of_a_page();
  auto query = query_of(static_cast<uint32_t>(state.range(0)));
  for (auto _ : state)
    benchmark::DoNotOptimize(read_history(*series.db, *query));
}

void history_page_over_http(benchmark::State& state) {
  const auto& series = stored_series::of_a_page();
  bench_config config;
  caf::actor_system system{config};
  auto historian = spawn_historian(system, {series.db});
  auto metrics = std::make_shared<prometheus::Registry>();
  auto server =
    http::spawn_server(system, {http::api_routes({http::history_routes(historian)}, {"bench"}), metrics}, {.port = 0});
  if (!server)
    return state.SkipWithError("the server does not start");
  http::outgoing_request page;
  page.url = "http://127.0.0.1:" + std::to_string(server->port) +
             "/api/v1/metrics/a/metric_0/history?limit=" + std::to_string(state.range(0));
  for (auto _ : state) {
    auto answer = http::fetch(page);
    if (!answer || answer->status != 200)
      state.SkipWithError("no page");
    else
      state.counters["bytes"] = static_cast<double>(answer->body.size());
  }
  caf::anon_send_exit(server->gateway, caf::exit_reason::kill);
  caf::anon_send_exit(historian, caf::exit_reason::kill);
}

void history_changes(benchmark::State& state) {
  static const stored_series series{1'000, 500};
  std::atomic<bool> cancelled{false};
  for (auto _ : state)
    benchmark::DoNotOptimize(read_all_changes(*series.db, cancelled));
}

/// A million captures, stored with the blocks that the first overview makes.
class long_series {
public:
  static const long_series& stored() {
    static const long_series series;
    return series;
  }

  static msg<wire::MetricHistoryQuery> query(uint32_t points, int64_t from = 0, int64_t to = 0) {
    return msg<wire::MetricHistoryQuery>::build([&](wire::MetricHistoryQuery::Builder out) {
      out.setAdapter("a");
      out.setName("metric_0");
      out.setPoints(points);
      out.setFrom(from);
      out.setTo(to);
    });
  }

  const stored_series captures{1, million, minute};
  double first_seconds = 0; ///< that the first overview took, which makes all blocks
  size_t block_bytes = 0;

private:
  static constexpr uint64_t million = 1'000'000;
  static constexpr int64_t minute = 60'000'000;

  long_series() {
    auto begin = std::chrono::steady_clock::now();
    auto told = read_history(*captures.db, *query(1'000));
    first_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    write_set writes;
    for (const auto& each : told->missing)
      writes.put(column::snapshots, each.key, each.block.bytes());
    block_bytes = writes.bytes();
    if (auto failed = captures.db->write(writes))
      throw std::runtime_error(text_of(failed));
  }
};

void history_overview(benchmark::State& state) {
  const auto& series = long_series::stored();
  auto query = long_series::query(static_cast<uint32_t>(state.range(0)));
  size_t bytes = 0;
  for (auto _ : state)
    bytes = to_json((*read_history(*series.captures.db, *query)).answer).size();
  state.counters["json_bytes"] = static_cast<double>(bytes);
  state.counters["first_s"] = series.first_seconds;
  state.counters["block_bytes"] = static_cast<double>(series.block_bytes);
}

/// A tenth of the series, between two times.
void history_overview_of_window(benchmark::State& state) {
  const auto& series = long_series::stored();
  constexpr int64_t begin = 1'771'934'400'000'000, minute = 60'000'000;
  auto query = long_series::query(1'000, begin + 400'000 * minute, begin + 500'000 * minute);
  for (auto _ : state)
    benchmark::DoNotOptimize(to_json((*read_history(*series.captures.db, *query)).answer));
}

BENCHMARK(history_overview)->Arg(1'000)->Arg(2'000)->Unit(benchmark::kMillisecond);
BENCHMARK(history_overview_of_window)->Unit(benchmark::kMillisecond);
BENCHMARK(history_page)->Arg(1'000)->Arg(page_points)->Unit(benchmark::kMillisecond);
BENCHMARK(history_page_over_http)->Arg(1'000)->Arg(page_points)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(history_changes)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
