// Requests per second of the HTTP server over keep-alive connections on loopback. The clients run in the same process,
// so the figure includes their cost. A probe is answered by the server itself; a check passes through an actor and JSON
// in both directions. Does not measure TLS, large bodies or slow services.

#include "actors/http/api_routes.hpp"
#include "actors/http/node_routes.hpp"
#include "actors/http/server.hpp"
#include "actors/http/upgrade_routes.hpp"
#include "actors/upgrade/api.hpp"
#include "messages/node.capnp.h"
#include "messages/status.capnp.h"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"
#include "tests/bench/bench_system.hpp"

#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace hive::http {
namespace {

upgrade_checker_actor::behavior_type run_checker() {
  return {[](const msg<wire::UpgradeQuery>& m) {
            return msg<wire::UpgradeCheck>::build([&](wire::UpgradeCheck::Builder out) {
              out.setOld(m->getOld());
              out.setNew(m->getNew());
              out.setSafe(true);
            });
          },
          [](const msg<wire::AskForDocument>& m) {
            return msg<wire::VerdictDocument>::build([&](wire::VerdictDocument::Builder out) {
              out.setAlgorithm(1);
              out.setQuery(m->getCheck());
            });
          }};
}

/// Sends `request` and reads its answer `count` times. Returns how many answers had status 200.
int64_t exchange_many(uint16_t port, const std::string& request, int64_t count) {
  int connection = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int64_t good = 0;
  std::string answer(4096, '\0');
  if (::connect(connection, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0)
    for (int64_t i = 0; i < count; ++i) {
      // On loopback, answers are smaller than one read, and nothing is sent ahead, so one read returns one answer.
      if (::send(connection, request.data(), request.size(), MSG_NOSIGNAL) <= 0)
        break;
      auto got = ::recv(connection, answer.data(), answer.size(), 0);
      good += got > 0 && std::string_view{answer}.starts_with("HTTP/1.1 200");
    }
  ::close(connection);
  return good;
}

void http_requests(benchmark::State& state, const std::string& target) {
  bench_config config;
  caf::actor_system system{config};
  auto checker = system.spawn(run_checker);
  auto metrics = std::make_shared<prometheus::Registry>();
  auto health = [] { return msg<wire::Health>{}; };
  auto not_ready = [] { return std::string{}; };
  auto status = [] { return msg<wire::NodeStatus>{}; };
  auto routes = api_routes({node_routes({health, not_ready, status}), upgrade_routes({checker, {}, {}})}, {"bench"});
  auto server = spawn_server(system, {std::move(routes), metrics}, {.port = 0});
  if (!server)
    return state.SkipWithError("the server does not start");
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  constexpr int64_t per_client = 2'000;
  auto clients = state.range(0);
  for (auto _ : state) {
    std::vector<std::thread> threads;
    std::atomic<int64_t> good = 0;
    for (int64_t i = 0; i < clients; ++i)
      threads.emplace_back([&] { good += exchange_many(server->port, request, per_client); });
    for (auto& thread : threads)
      thread.join();
    if (good != clients * per_client)
      state.SkipWithError("not all requests were answered with 200");
  }
  state.SetItemsProcessed(state.iterations() * clients * per_client);
  caf::anon_send_exit(server->gateway, caf::exit_reason::kill);
  caf::anon_send_exit(checker, caf::exit_reason::kill);
}

void http_probes(benchmark::State& state) {
  http_requests(state, "/healthz");
}

void http_checks(benchmark::State& state) {
  http_requests(state, "/api/v1/upgrades/check?old=v1.0&new=v1.1&policy=strict");
}

BENCHMARK(http_probes)->Arg(1)->Arg(16)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(http_checks)->Arg(1)->Arg(16)->Arg(64)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive::http
