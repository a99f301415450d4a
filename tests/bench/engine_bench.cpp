// Remote spawning compared with a bare request, in one run over real nodes with mutual TLS on this machine.
//
// engine_spawn: an engine asks its node for a ticket, uses it to spawn an adapter on another node over an existing
//   connection, and ends the adapter. `spawn_ms` is the time until the handle has arrived. Does not measure the first
//   connection with a node, nor the adapter's own work.
// engine_ping: one request to the engine's session and its answer over the same kind of connection.
// caf_ping: the same between two actor systems that CAF connects by itself, without TLS.

#include "actors/engine_client/engine.hpp"
#include "actors/remote/api.hpp"
#include "actors/remote/register.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/timestamp.hpp"
#include "platform/identity/certificate_authority.hpp"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <benchmark/benchmark.h>
#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

namespace hive {
namespace {

using clock = std::chrono::steady_clock;
using cluster::hived_process;

/// Two linked nodes, and an engine connected with the first.
class engine_nodes {
public:
  engine_nodes() {
    if (!create_ca(folder_.path() / "ca", "hive", 10, now_s()))
      throw std::runtime_error("no CA");
    near_ = start("near", {});
    far_ = start("far", {"--join", near_->door()});
    auto connected =
      engine::connect({.address = near_->door(), .tls = tls_directory("engine7", certificate_role::engine)});
    if (!connected)
      throw std::runtime_error(text_of(connected.error()));
    engine_.emplace(std::move(*connected));
    caf::error last;
    if (!wait_until([&] {
          auto first = spawn();
          last = first ? engine_->end(first->node, first->id) : first.error();
          return !last;
        }))
      throw std::runtime_error(text_of(last));
  }

  engine& client() {
    return *engine_;
  }

  caf::expected<spawned_actor<adapter_actor>> spawn() {
    return engine_->spawn(command_, spawn_place::on({far_->node()}));
  }

private:
  static int64_t now_s() {
    return now_unix_micros() / 1'000'000;
  }

  std::string tls_directory(const std::string& name, certificate_role role) {
    auto directory = folder_.path() / name / "tls";
    if (!issue_into(folder_.path() / "ca", directory, role, name, 5, now_s()))
      throw std::runtime_error("no certificate");
    return directory.string();
  }

  std::unique_ptr<hived_process> start(const std::string& name, const std::vector<std::string>& join) {
    auto tls = tls_directory(name, certificate_role::node);
    cluster::hived_options how{.directory = folder_.path() / name,
                               .config = "[engines]\ncommands = [\"/bin/true\"]\nquota = 1000\n"};
    how.arguments = {"--name", name, "--door", "127.0.0.1:0", "--tls", tls};
    how.arguments.insert(how.arguments.end(), join.begin(), join.end());
    auto out = std::make_unique<hived_process>(how);
    out->await_ready();
    return out;
  }

  static msg<wire::CommandSpec> make_command() {
    return msg<wire::CommandSpec>::build([](wire::CommandSpec::Builder out) {
      out.setName("true");
      out.initCommand(1).set(0, "/bin/true");
    });
  }

  temporary_directory folder_;
  msg<wire::CommandSpec> command_ = make_command();
  std::unique_ptr<hived_process> near_;
  std::unique_ptr<hived_process> far_;
  std::optional<engine> engine_;
};

engine_nodes& nodes() {
  static engine_nodes instance;
  return instance;
}

void engine_spawn(benchmark::State& state) {
  auto& hive = nodes();
  clock::duration spawning{};
  for (auto _ : state) {
    auto begun = clock::now();
    auto spawned = hive.spawn();
    spawning += clock::now() - begun;
    if (!spawned || hive.client().end(spawned->node, spawned->id)) {
      state.SkipWithError(spawned ? "not ended" : text_of(spawned.error()).c_str());
      break;
    }
  }
  state.counters["spawn_ms"] = std::chrono::duration<double, std::milli>(spawning).count() /
                               static_cast<double>(std::max<int64_t>(1, state.iterations()));
}

template <class Handle>
void ping(benchmark::State& state, caf::actor_system& from, const Handle& whom) {
  caf::scoped_actor self{from};
  for (auto _ : state)
    self->request(whom, std::chrono::seconds{10}, msg<wire::Ping>{})
      .receive([](const msg<wire::Pong>&) {}, [&](caf::error& err) { state.SkipWithError(text_of(err).c_str()); });
}

void engine_ping(benchmark::State& state) {
  auto& client = nodes().client();
  ping(state, client.system(), *client.session());
}

engine_presence_actor::behavior_type responder(engine_presence_actor::pointer) {
  return {[](const msg<wire::Ping>&) { return msg<wire::Pong>{}; }, [](const msg<wire::LeaseRevoked>&) {}};
}

struct plain_config : caf::actor_system_config {
  plain_config() {
    register_remote_messages(*this);
    load<caf::io::middleman>();
    add_message_type<engine_presence_actor>("hive.engine_presence_actor");
    set("logger.verbosity", caf::atom("quiet"));
  }
};

void caf_ping(benchmark::State& state) {
  plain_config there_config, here_config;
  caf::actor_system there{there_config}, here{here_config};
  auto published = there.spawn(responder);
  auto port = there.middleman().publish(published, 0, "127.0.0.1");
  auto remote = here.middleman().remote_actor<engine_presence_actor>("127.0.0.1", *port);
  if (remote)
    ping(state, here, *remote);
  else
    state.SkipWithError("not connected");
  caf::anon_send_exit(published, caf::exit_reason::user_shutdown);
}

BENCHMARK(engine_spawn)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(engine_ping)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(caf_ping)->Unit(benchmark::kMillisecond)->UseRealTime();

} // namespace
} // namespace hive
