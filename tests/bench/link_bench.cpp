// Links between nodes compared with CAF's own connections, alternating within one run on this machine.
//
// Both sides schedule as a node does.
//
// link_ping: pings and pongs between two nodes whose link uses mutual TLS, with a given number outstanding. `ratio` is
//   their rate divided by that of the same actors in two actor systems that CAF connects by itself, without TLS. Does
//   not measure a real network, nor several links at once.

#include "messages/ec.hpp"
#include "platform/log.hpp"
#include "tests/actors/hive/test_node.hpp"
#include "tests/bench/bench_system.hpp"
#include "tests/bench/pinger.hpp"

#include <benchmark/benchmark.h>
#include <caf/all.hpp>

namespace hive {
namespace {

/// Suppresses log lines about links that begin and end.
[[maybe_unused]] const bool quiet = [] {
  log::start("link_bench", "error");
  return true;
}();

/// Two nodes and their link.
class linked_nodes {
public:
  linked_nodes() : lower_{options("a", {})}, upper_{options("b", {lower_.at()})} {
    if (!wait_until([&] { return lower_.is_linked_with(upper_) && upper_.is_linked_with(lower_); }))
      throw std::runtime_error("the nodes do not link");
  }

  caf::actor_system& system() {
    return lower_.system();
  }

  link_actor peer() {
    return lower_.journal().links().at(upper_.id()).peer;
  }

private:
  static void schedule_as_a_node(caf::actor_system_config& config) {
    configure_scheduling(config);
  }

  test_node_options options(const std::string& name, std::vector<endpoint> join) {
    return {.shown = ca_.issue(name), .join = std::move(join), .configure = schedule_as_a_node};
  }

  test_ca ca_;
  test_node lower_;
  test_node upper_;
};

/// Two actor systems connected by CAF alone.
class bare_systems {
public:
  bare_systems() : published_{there_.spawn(link_face, gossip_answering{answer_only_pings})} {
    auto port = there_.middleman().publish(published_, 0, "127.0.0.1");
    if (!port)
      throw std::runtime_error(text_of(port.error()));
    auto remote = here_.middleman().remote_actor<link_actor>("127.0.0.1", *port);
    if (!remote)
      throw std::runtime_error(text_of(remote.error()));
    peer_ = *remote;
  }

  ~bare_systems() {
    caf::anon_send_exit(published_, caf::exit_reason::user_shutdown);
  }

  caf::actor_system& system() {
    return here_;
  }

  const link_actor& peer() const {
    return peer_;
  }

private:
  bench_network_config there_config_, here_config_;
  caf::actor_system there_{there_config_}, here_{here_config_};
  link_actor published_, peer_;
};

/// Arguments: payload size in bytes, number of pings outstanding.
void link_ping(benchmark::State& state) {
  constexpr size_t pings = 2'000;
  linked_nodes nodes;
  bare_systems bare;
  auto ping = ping_of(static_cast<size_t>(state.range(0)));
  auto window = static_cast<size_t>(state.range(1));
  double link_s = 0, bare_s = 0;
  for (auto _ : state) {
    auto took = time_pings(nodes.system(), nodes.peer(), ping, pings, window);
    state.SetIterationTime(took);
    link_s += took;
    bare_s += time_pings(bare.system(), bare.peer(), ping, pings, window);
  }
  auto sent = static_cast<double>(state.iterations() * pings);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(pings));
  state.counters["bare_per_s"] = sent / bare_s;
  state.counters["ratio"] = bare_s / link_s;
}

BENCHMARK(link_ping)
  ->ArgNames({"bytes", "outstanding"})
  ->ArgsProduct({{64, 1'024, 16'384}, {1, 64}})
  ->Iterations(4)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
