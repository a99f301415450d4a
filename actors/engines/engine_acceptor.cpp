#include "actors/engines/engine_acceptor.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/hive/link/socket_shutdown_guard.hpp"
#include "messages/baseline.capnp.h"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "platform/sha256.hpp"

#include <caf/all.hpp>
#include <map>
#include <optional>
#include <string>

namespace hive {
namespace {

std::string to_bytes(const sha256_digest& digest) {
  return {digest.begin(), digest.end()};
}

/// Identity of an engine: from its certificate, or without TLS from its hello.
engine_id engine_of(const verified_peer& peer) {
  if (peer.cert)
    return {peer.cert->name(), to_bytes(sha256(peer.cert->der()))};
  auto key = peer.hello->getPublicKey();
  return {std::string{as_view(peer.hello->getCard().getName())}, to_bytes(sha256(std::span{key.begin(), key.size()}))};
}

std::optional<connection_validity> validity_of(const verified_peer& peer) {
  if (!peer.cert)
    return std::nullopt;
  return connection_validity{*peer.cert, now_unix_micros() / micros_per_s};
}

// internal: also receives the results of introductions.
using engine_acceptor_self = engine_acceptor_actor::extend<caf::reacts_to<introduced<engine_presence_actor>>>;

class engine_acceptor_state {
public:
  using pointer = engine_acceptor_self::stateful_pointer<engine_acceptor_state>;
  static inline const char* name = "engine_acceptor";

  engine_acceptor_state() = default;
  engine_acceptor_state(const engine_acceptor_state&) = delete;
  engine_acceptor_state& operator=(const engine_acceptor_state&) = delete;
  ~engine_acceptor_state() {
    for (const auto& [id, each] : connections_)
      end_actors(each);
  }

  void init(pointer self, engine_services services, const engine_acceptor_options& options) {
    self_ = self;
    services_ = std::move(services);
    admitted_.emplace(options.own_id);
    trust_ = options.trust;
  }

  /// ec::overloaded, or ec::already_exists for an engine that is already connected: CAF allows one connection between
  /// two actor systems.
  caf::result<caf::ok_atom> admit(const admission_request& asked) {
    if (connections_.size() >= defaults::max_engine_connections)
      return fail(ec::overloaded, std::to_string(connections_.size()) + " engines are connected already");
    // All connections have the same epoch, so an engine's new one does not replace one that may still be alive.
    auto verdict = admitted_->admit(asked.connection, {asked.candidate.node, 1, false});
    if (verdict.refused)
      return std::move(verdict.refused);
    return caf::ok_atom::value;
  }

  void on_handshake_done(const handshake_done& done) {
    auto engine = engine_of(done.peer);
    if (!is_valid_id(engine.name)) {
      admitted_->drop(done.connection);
      log::warn("Refused an engine: its name {} remote={}", id_rule, done.peer.remote);
      return;
    }
    admitted_->settle(done.connection);
    auto allowlist = std::make_shared<actor_allowlist>();
    auto session = spawn_engine_session(self_->system(), services_, {{engine}, allowlist});
    self_->monitor(session);
    socket_shutdown_guard guard{done.stream->fd()};
    auto introduction =
      introduce(self_->system(), std::move(*done.stream), channel_side::server, done.connection.value,
                engine_session_actor{session}, caf::actor_cast<introduction_owner<engine_presence_actor>>(self_),
                defaults::introduction_timeout, allowlist);
    connections_.emplace(done.connection, connection{std::move(engine),
                                                     done.peer.remote,
                                                     validity_of(done.peer),
                                                     std::move(guard),
                                                     session,
                                                     std::move(introduction),
                                                     {}});
    on_check_certificates(); // the CAs' lists may have come since the handshake
  }

  /// The end of a session also ends what it has spawned, here and elsewhere.
  void on_check_certificates() {
    auto view = trust_->view();
    std::vector<std::pair<connection_id, std::string>> bad;
    for (const auto& [id, each] : connections_)
      if (each.cert)
        if (auto why = each.cert->why_invalid(*view); !why.empty())
          bad.emplace_back(id, why);
    for (const auto& [id, why] : bad)
      end(id, why);
  }

  void on_handshake_failed(const handshake_failed& failed) {
    admitted_->drop(failed.connection);
  }

  void on_introduced(const introduced<engine_presence_actor>& over) {
    auto found = connections_.find({over.connection});
    if (found == connections_.end())
      return;
    if (!over.peer) {
      end(found->first, text_of(over.peer.error()));
      return;
    }
    found->second.presence = *over.peer;
    self_->monitor(found->second.presence);
    self_->send(found->second.session, engine_introduced{found->second.presence});
    log::info("Engine connected engine={} remote={}", found->second.engine.name, found->second.remote);
  }

  void on_down(const caf::down_msg& down) {
    for (const auto& [id, each] : connections_)
      if (each.session.address() == down.source || (each.presence && each.presence.address() == down.source)) {
        end(id, down.reason == caf::exit_reason::user_shutdown ? "it ended it" : "it was lost");
        return;
      }
  }

  /// Those that have introduced themselves.
  std::vector<connected_engine> list() const {
    std::vector<connected_engine> out;
    for (const auto& [id, each] : connections_)
      if (each.presence)
        out.push_back({each.engine.name, each.remote, each.since_unix_micros, each.session.address()});
    return out;
  }

private:
  /// Without `presence` the introduction is still running.
  struct connection {
    engine_id engine;
    std::string remote;
    std::optional<connection_validity> cert; ///< none without TLS
    socket_shutdown_guard guard;
    local_engine_session_actor session;
    caf::actor introduction;
    engine_presence_actor presence;
    int64_t since_unix_micros = now_unix_micros();
  };

  void end(connection_id id, const std::string& why) {
    admitted_->drop(id);
    auto ended = connections_.extract(id);
    end_actors(ended.mapped());
    log::info("Engine disconnected: {} engine={} remote={}", why, ended.mapped().engine.name, ended.mapped().remote);
  }

  static void end_actors(const connection& what) {
    caf::anon_send_exit(what.session, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(what.introduction, caf::exit_reason::user_shutdown);
  }

  pointer self_ = nullptr;
  engine_services services_;
  std::shared_ptr<const trust_register> trust_;
  std::optional<link_table> admitted_;
  std::map<connection_id, connection> connections_;
};

engine_acceptor_self::behavior_type engine_acceptor(engine_acceptor_state::pointer self, engine_services services,
                                                    const engine_acceptor_options& options) {
  auto& state = self->state;
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_down(down); });
  state.init(self, std::move(services), options);
  return {
    [&state](const admission_request& asked) { return state.admit(asked); },
    [&state](const handshake_done& done) { state.on_handshake_done(done); },
    [&state](const handshake_failed& failed) { state.on_handshake_failed(failed); },
    [&state](const check_certificates&) { state.on_check_certificates(); },
    [&state](const introduced<engine_presence_actor>& over) { state.on_introduced(over); },
    [&state](connected_engines_query) { return state.list(); },
  };
}

} // namespace

engine_acceptor_actor spawn_engine_acceptor(caf::actor_system& system, engine_services services,
                                            engine_acceptor_options options) {
  return system.spawn(engine_acceptor, std::move(services), std::move(options));
}

} // namespace hive
