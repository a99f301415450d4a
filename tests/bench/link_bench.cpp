// Links between nodes compared with CAF's own connections, alternating within one run on this machine.
//
// link_ping: pings and pongs between two nodes whose link uses mutual TLS, with a given number outstanding. `ratio` is
//   their rate divided by that of the same actors in two actor systems that CAF connects by itself, without TLS. Does
//   not measure a real network, nor several links at once.

#include "messages/ec.hpp"
#include "platform/log.hpp"
#include "tests/actors/hive/test_node.hpp"

#include <benchmark/benchmark.h>
#include <caf/all.hpp>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{10};

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
  test_node_options options(const std::string& name, std::vector<endpoint> join) {
    return {.shown = ca_.issue(name), .join = std::move(join)};
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
  test_network_config there_config_, here_config_;
  caf::actor_system there_{there_config_}, here_{here_config_};
  link_actor published_, peer_;
};

/// Pings the peer until `count` pongs have arrived, with `window` pings outstanding. Returns the first error.
class pinger_state {
public:
  void start(caf::event_based_actor* self, link_actor whom, msg<wire::Ping> ping, size_t count, size_t window) {
    self_ = self;
    whom_ = std::move(whom);
    ping_ = std::move(ping);
    to_send_ = to_hear_ = count;
    while (window-- > 0)
      send_next();
  }

private:
  void send_next() {
    if (to_send_ == 0)
      return;
    --to_send_;
    self_->request(whom_, patience, ping_)
      .then(
        [this](const msg<wire::Pong>&) {
          if (--to_hear_ == 0)
            self_->quit();
          else
            send_next();
        },
        [this](caf::error& err) { self_->quit(std::move(err)); });
  }

  caf::event_based_actor* self_ = nullptr;
  link_actor whom_;
  msg<wire::Ping> ping_;
  size_t to_send_ = 0, to_hear_ = 0;
};

/// Seconds for `count` pings.
double exchange(caf::actor_system& system, const link_actor& whom, const msg<wire::Ping>& ping, size_t count,
                size_t window) {
  caf::scoped_actor self{system};
  auto begin = clock::now();
  auto pinger = self->spawn<caf::monitored>(
    [&](caf::stateful_actor<pinger_state>* actor) { actor->state.start(actor, whom, ping, count, window); });
  caf::error failed;
  self->receive([&](const caf::down_msg& down) { failed = down.reason; });
  if (failed && failed != caf::exit_reason::normal)
    throw std::runtime_error(text_of(failed));
  return std::chrono::duration<double>(clock::now() - begin).count();
}

msg<wire::Ping> ping_of(size_t bytes) {
  std::string payload(bytes, 'x');
  return msg<wire::Ping>::build([&](wire::Ping::Builder out) {
    out.setPayload({reinterpret_cast<const kj::byte*>(payload.data()), payload.size()});
  });
}

/// Arguments: payload size in bytes, number of pings outstanding.
void link_ping(benchmark::State& state) {
  constexpr size_t pings = 2'000;
  linked_nodes nodes;
  bare_systems bare;
  auto ping = ping_of(static_cast<size_t>(state.range(0)));
  auto window = static_cast<size_t>(state.range(1));
  double link_s = 0, bare_s = 0;
  for (auto _ : state) {
    auto took = exchange(nodes.system(), nodes.peer(), ping, pings, window);
    state.SetIterationTime(took);
    link_s += took;
    bare_s += exchange(bare.system(), bare.peer(), ping, pings, window);
  }
  auto sent = static_cast<double>(state.iterations() * pings);
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(pings));
  state.counters["bare_per_s"] = sent / bare_s;
  state.counters["ratio"] = bare_s / link_s;
}

BENCHMARK(link_ping)
  ->ArgNames({"bytes", "outstanding"})
  ->ArgsProduct({{64, 1'024, 16'384}, {1, 64}})
  ->Iterations(10)
  ->UseManualTime()
  ->Unit(benchmark::kMillisecond);

} // namespace
} // namespace hive
