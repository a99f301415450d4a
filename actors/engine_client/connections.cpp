#include "actors/engine_client/connections.hpp"

#include "actors/defaults.hpp"
#include "messages/baseline.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "platform/log.hpp"

#include <caf/all.hpp>
#include <thread>

namespace hive {
namespace {

/// Time between retries: a node refuses a new connection until it has noticed the loss of the earlier one.
constexpr auto refused_pause = std::chrono::milliseconds{100};
/// Software name in the handshake; only the protocol version matters.
constexpr auto software = "engine";

} // namespace

engine_connections::engine_connections(caf::actor_system& system, engine_self self)
    : system_{system}, self_{std::move(self)}, watcher_{system} {
}

engine_connections::~engine_connections() {
  std::lock_guard lock{mutex_};
  while (!connections_.empty())
    drop(connections_.begin());
}

std::optional<engine_connections::reached> engine_connections::find(const node_id& node) {
  std::lock_guard lock{mutex_};
  sweep();
  auto found = connections_.find(node);
  if (found == connections_.end())
    return std::nullopt;
  return reached{node, found->second.session, found->second.local};
}

std::optional<engine_connections::reached> engine_connections::find(const endpoint& at,
                                                                    const std::optional<node_id>& expected) {
  std::lock_guard lock{mutex_};
  sweep();
  for (const auto& [node, each] : connections_)
    if (expected ? node == *expected : each.at == at)
      return reached{node, each.session, each.local};
  return std::nullopt;
}

caf::expected<engine_connections::reached>
engine_connections::reach(const endpoint& at, const std::optional<node_id>& expected, deadline until) {
  if (auto there = find(at, expected))
    return *there;
  std::lock_guard one_at_a_time{dialling_};
  while (true) {
    if (auto there = find(at, expected))
      return *there;
    auto made = dial(at, expected, until);
    bool refused_as_second = !made && code_of(made.error()) == ec::already_exists;
    if (!refused_as_second || std::chrono::steady_clock::now() + refused_pause > until)
      return made;
    std::this_thread::sleep_for(refused_pause);
  }
}

caf::expected<engine_connections::reached>
engine_connections::dial(const endpoint& at, const std::optional<node_id>& expected, deadline until) {
  auto fd = connect_socket(at, until);
  if (!fd)
    return fd.error();
  auto stream = channel::open(std::move(*fd), channel_side::client, self_.tls, until);
  if (!stream)
    return stream.error();
  auto admit = [&](const verified_peer& peer) -> caf::error {
    if (peer.hello->getRole() != wire::Role::NODE)
      return fail(ec::forbidden, "there is no node at " + at.text());
    if (expected && peer.id() != *expected)
      return fail(ec::integrity_violated,
                  "at " + at.text() + " is node " + peer.id().value + ", not " + expected->value);
    if (find(peer.id()))
      return fail(ec::conflict, "node " + peer.id().value + " is connected under another address already");
    return caf::none;
  };
  hello_sender sender{
    self_.identity, self_.hello, {defaults::min_hello_version, defaults::max_hello_version}, software};
  auto end = perform_handshake(*stream, channel_side::client, sender, admit, until);
  if (!end.peer)
    return end.peer.error();
  // CAF takes over the connection only when data has arrived, as in handshake_runner.cpp.
  if (auto err = stream->await_data(until))
    return fail(code_of(err), "the node admitted this engine, but did not go on");
  connection made{at, socket_shutdown_guard{stream->fd()}, spawn_presence(system_), {}};
  auto session = introduce_to(std::move(*stream), made.local);
  if (!session) {
    caf::anon_send_exit(made.local, caf::exit_reason::user_shutdown);
    return session.error();
  }
  made.session = *session;
  std::lock_guard lock{mutex_};
  watcher_->monitor(made.session);
  auto node = end.peer->id();
  reached out{node, *session, made.local};
  connections_.emplace(node, std::move(made));
  return out;
}

caf::expected<engine_session_actor> engine_connections::introduce_to(channel stream,
                                                                     const engine_presence_actor& local) {
  caf::scoped_actor self{system_, true};
  auto introduction = introduce(system_, std::move(stream), channel_side::client, 0, local,
                                caf::actor_cast<introduction_owner<engine_session_actor>>(caf::actor{self}),
                                defaults::introduction_timeout);
  caf::expected<engine_session_actor> out{fail(ec::timed_out, "the node did not introduce itself in time")};
  self->receive([&](introduced<engine_session_actor>& over) { out = std::move(over.peer); },
                caf::after(2 * defaults::introduction_timeout) >> [] {});
  caf::anon_send_exit(introduction, caf::exit_reason::user_shutdown);
  return out;
}

void engine_connections::sweep() {
  bool more = true;
  while (more)
    watcher_->receive([this](const caf::down_msg& down) { on_session_down(down.source); },
                      caf::after(std::chrono::seconds{0}) >> [&] { more = false; });
}

void engine_connections::on_session_down(const caf::actor_addr& session) {
  auto lost = std::find_if(connections_.begin(), connections_.end(),
                           [&](const auto& each) { return each.second.session.address() == session; });
  if (lost == connections_.end())
    return;
  log::warn("Connection lost node={}", lost->first.value);
  drop(lost);
}

void engine_connections::drop(std::map<node_id, connection>::iterator which) {
  caf::anon_send_exit(which->second.local, caf::exit_reason::user_shutdown);
  connections_.erase(which);
}

} // namespace hive
