// An end-to-end capture with five adapters that answer at once: an HTTP request over a fresh connection, the fan-out,
// the snapshot, one fsync, the answer. Measures what Hivemark itself adds to a capture; real adapters take seconds.

#include "actors/benchmark/registry.hpp"
#include "actors/http/api_routes.hpp"
#include "actors/http/benchmark_routes.hpp"
#include "actors/http/server.hpp"
#include "actors/store/committer.hpp"
#include "platform/http_client.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <prometheus/registry.h>

namespace hive {
namespace {

constexpr int adapter_count = 5;

adapter_actor::behavior_type trivial_adapter() {
  return {[](const msg<wire::MeasureRequest>&) {
    return msg<wire::Measurement>::build([](wire::Measurement::Builder out) {
      auto metric = out.initMetrics(1)[0];
      metric.setName("value");
      metric.setValue(1);
    });
  }};
}

registry_options five_adapters(caf::actor_system& system) {
  registry_options out;
  out.node = "bench";
  for (int i = 0; i < adapter_count; ++i) {
    auto& definition = out.builtin.emplace_back();
    definition.name = "trivial_" + std::to_string(i);
    definition.spawn = [&system] { return system.spawn(trivial_adapter); };
  }
  return out;
}

void capture_of_five_adapters_over_http(benchmark::State& state) {
  temporary_directory dir;
  std::shared_ptr<database> db = std::move(*database::open({.directory = dir.path()}));
  bench_config config;
  caf::actor_system system{config};
  auto committer = spawn_committer(system, {db});
  auto registry = spawn_registry(system, {db, committer}, five_adapters(system));
  http::server_options options;
  options.port = 0;
  auto routes = http::api_routes({http::benchmark_routes(registry)}, {"bench"});
  auto metrics = std::make_shared<prometheus::Registry>();
  auto server = std::move(*http::spawn_server(system, {std::move(routes), metrics}, options));
  http::outgoing_request request;
  request.method = "POST";
  request.url = "http://127.0.0.1:" + std::to_string(server.port) + "/api/v1/snapshots";
  request.headers = {"Content-Type: application/json"};
  request.body = R"({"version":"v1"})";
  for (auto _ : state) {
    auto response = http::fetch(request);
    if (!response || response->status != 201)
      state.SkipWithError(response ? response->body.c_str() : text_of(response.error()).c_str());
  }
  caf::scoped_actor self{system};
  for (auto handle : {server.gateway, caf::actor_cast<caf::actor>(registry), caf::actor_cast<caf::actor>(committer)}) {
    self->send_exit(handle, caf::exit_reason::user_shutdown);
    self->wait_for(handle);
  }
}

BENCHMARK(capture_of_five_adapters_over_http)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
