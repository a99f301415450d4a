#include "actors/hive/link/door.hpp"

#include "actors/hive/link/dial_plan.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/hive/link/socket_shutdown_guard.hpp"
#include "actors/hive/link/spawn_refuser.hpp"
#include "actors/remote/api.hpp"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/gossip.capnp.h"
#include "messages/msg.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "platform/rate_limiter.hpp"

#include <caf/all.hpp>
#include <random>
#include <set>
#include <unistd.h>

namespace hive {
namespace {

using dial_atom = caf::atom_constant<caf::atom("dial")>;
using close_atom = caf::atom_constant<caf::atom("close")>;

// internal: messages from the handshake threads, and timers.
using door_impl = door_actor::extend<caf::replies_to<admission_request>::with<caf::ok_atom>,
                                     caf::reacts_to<handshake_done>, caf::reacts_to<handshake_failed>,
                                     caf::reacts_to<listening_failed>, caf::reacts_to<introduced<link_actor>>,
                                     caf::reacts_to<close_atom, uint64_t>, caf::reacts_to<dial_atom>>;

struct door_setup {
  door_services services;
  door_options options;
  msg<wire::Hello> self;
  std::shared_ptr<handshake_runner> handshakes;
};

/// An admitted connection. `peer` is null while the introduction is running.
struct connection {
  node_id node;
  msg<wire::Hello> hello;
  std::string remote;
  std::optional<connection_validity> cert; ///< none without TLS
  socket_shutdown_guard guard;
  link_actor local;
  caf::actor introduction; ///< exchanges the actors of both ends
  link_actor peer;
  std::string close_reason = {}; ///< empty until one end has sent a goodbye
};

hello_sender hello_of(const door_options& options, const msg<wire::Hello>& hello) {
  return {options.identity, hello, options.versions, options.about->getSoftware().cStr()};
}

class door_state {
public:
  static inline const char* name = "door";

  door_state() = default;
  door_state(const door_state&) = delete;
  door_state& operator=(const door_state&) = delete;
  ~door_state() {
    if (setup_.handshakes)
      setup_.handshakes->stop();
    for (const auto& [id, link] : connections_)
      end_actors(link);
  }

  void init(door_impl::pointer self, door_setup setup) {
    self_ = self;
    setup_ = std::move(setup);
    links_.emplace(setup_.options.identity.id);
    refuser_.emplace(self->system());
    plan_.emplace(dial_options{}, std::random_device{}());
    for (const auto& at : setup_.options.join)
      plan_->add(at, now());
    self->send(setup_.services.owner, door_opened{caf::actor_cast<door_actor>(self), setup_.self});
    dial_due();
  }

  caf::result<caf::ok_atom> admit(const admission_request& asked) {
    if (asked.role == certificate_role::engine) {
      if (!setup_.services.engines)
        return fail(ec::unsupported, "this door is for nodes; engines are not served here");
      return self_->delegate(setup_.services.engines, asked);
    }
    if (asked.candidate.holder.empty())
      return admit_candidate(asked);
    if (setup_.options.shown->own.cert.key_fingerprint() == asked.candidate.holder &&
        asked.candidate.node != setup_.options.identity.id)
      return certificate_in_use(asked.candidate.node, setup_.options.identity.id);
    pending_admissions_.insert(asked.connection);
    auto promise = self_->make_response_promise<caf::ok_atom>();
    self_
      ->request(setup_.services.owner, setup_.options.hello_timeout,
                link_candidate{asked.candidate.node, asked.candidate.holder, asked.candidate.card_written_at})
      .then(
        [this, promise, asked](caf::ok_atom) mutable {
          auto admitted = pending_admissions_.erase(asked.connection) == 1
                            ? admit_candidate(asked)
                            : caf::expected<caf::ok_atom>{fail(ec::timed_out, "the handshake is over")};
          if (admitted)
            promise.deliver(*admitted);
          else
            promise.deliver(admitted.error());
        },
        [this, promise, asked](const caf::error& refused) mutable {
          pending_admissions_.erase(asked.connection);
          promise.deliver(refused);
        });
    return promise;
  }

  void on_handshake_done(const handshake_done& done) {
    if (done.peer.hello->getRole() == wire::Role::ENGINE) {
      self_->send(setup_.services.engines, done);
      return;
    }
    if (done.dialled)
      plan_->linked(*done.dialled, done.peer.id());
    if (!links_->holds(done.connection))
      return; // superseded meanwhile; the channel closes with its last owner
    links_->settle(done.connection);
    plan_->link_up(done.peer.id());
    self_
      ->request(setup_.services.owner, defaults::introduction_timeout,
                link_offer{done.peer.id(), done.peer.hello, done.peer.holder()})
      .then(
        [this, done](const link_actor& local) { begin_introduction(done, local); },
        [this, done](const caf::error& err) { end(done.connection, "the node does not serve it: " + text_of(err)); });
  }

  void on_handshake_failed(const handshake_failed& failed) {
    pending_admissions_.erase(failed.connection);
    release(failed.connection);
    if (setup_.services.engines && !failed.dialled)
      self_->send(setup_.services.engines, failed);
    if (failed.dialled)
      on_dial_failed(*failed.dialled, failed);
    else
      log_refusal(failed);
    dial_due();
  }

  void on_introduced(const introduced<link_actor>& over) {
    auto found = connections_.find({over.connection});
    if (found == connections_.end())
      return;
    if (!over.peer) {
      end({over.connection}, text_of(over.peer.error()));
      return;
    }
    auto& link = found->second;
    link.peer = *over.peer;
    self_->monitor(link.peer);
    log::info("Link established node={} name={} epoch={} remote={}", link.node.value,
              as_view(link.hello->getCard().getName()), link.hello->getEpoch(), link.remote);
    remember_address(link);
    self_->send(setup_.services.owner, link_up{link.node, link.hello, link.peer});
    dial_due();
  }

  /// A link ends with the actor of either end.
  void on_down(const caf::down_msg& down) {
    for (const auto& [id, link] : connections_) {
      if (link.peer && link.peer.address() == down.source)
        return end(id, reason_of(down.reason));
      if (link.local.address() == down.source)
        return end(id, "this end gave it up: " + text_of(down.reason));
    }
  }

  void maintain(const maintain_link& known) {
    auto at = endpoint::parse(known.address);
    if (at && setup_.options.identity.id < known.node && !plan_->add(*at, known.node, now()))
      log_no_dial(known.node, known.address);
    dial_due();
  }

  void open(const open_link& wanted) {
    auto at = endpoint::parse(wanted.address);
    if (at && !plan_->add_once(*at, wanted.node, now()))
      log_no_dial(wanted.node, wanted.address);
    dial_due();
  }

  /// The node that receives the goodbye closes the link at once. The sender closes it only if the receiver does not do
  /// so in time.
  void close(const close_link& what) {
    plan_->rest(what.node);
    auto found = std::ranges::find_if(
      connections_, [&](const auto& entry) { return entry.second.node == what.node && entry.second.peer; });
    if (found == connections_.end())
      return;
    auto& [id, link] = *found;
    if (what.superseded_by) {
      link.close_reason = text_of(certificate_in_use(what.node, *what.superseded_by));
      return end(connection_id{id}, link.close_reason);
    }
    link.close_reason = what.requested_by_peer ? "it has links enough" : "this node has links enough";
    if (what.requested_by_peer)
      return end(connection_id{id}, link.close_reason);
    self_->send(link.peer, msg<wire::Farewell>{});
    self_->delayed_send(self_, defaults::close_timeout, close_atom::value, id.value);
  }

  void on_close_timeout(connection_id id) {
    end(id, "it did not answer the goodbye");
  }

  /// A node is dialled again: it may have another certificate meanwhile.
  void check_certificates_now() {
    auto view = setup_.options.trust->view();
    std::vector<std::pair<connection_id, std::string>> bad;
    for (const auto& [id, link] : connections_)
      if (auto why = why_invalid(*view, link); !why.empty())
        bad.emplace_back(id, why);
    for (const auto& [id, why] : bad)
      end(id, why);
  }

  void on_check_certificates() {
    check_certificates_now();
    if (setup_.services.engines)
      self_->send(setup_.services.engines, check_certificates{});
  }

  caf::result<caf::ok_atom> renew(const renew_credentials& next) {
    auto& options = setup_.options;
    if (!options.shown)
      return fail(ec::unsupported, "this door has no TLS");
    auto tls = tls_context::make(next.shown);
    if (!tls)
      return tls.error();
    auto card = make_card(options.about, setup_.self->getCard().getDoor().cStr(), options.identity, next.shown,
                          now_unix_micros());
    if (!card)
      return card.error();
    options.shown = next.shown;
    options.trust->set_trusted(next.shown.trusted);
    setup_.self = make_hello(options.identity, certificate_role::node, *card);
    setup_.handshakes->present(hello_of(options, setup_.self), std::move(*tls));
    self_->send(setup_.services.owner, door_opened{caf::actor_cast<door_actor>(self_), setup_.self});
    on_check_certificates();
    return caf::ok_atom::value;
  }

  void dial_due() {
    for (const auto& at : plan_->due(now()))
      setup_.handshakes->dial(self_->system(), caf::actor_cast<handshake_owner_actor>(self_), at);
    auto next = plan_->next();
    if (!next || (waking_at_ && *waking_at_ <= *next && *waking_at_ > now()))
      return;
    waking_at_ = *next;
    self_->delayed_send(self_, std::max(*next - now(), std::chrono::steady_clock::duration{}), dial_atom::value);
  }

private:
  static std::optional<connection_validity> validity_of(const verified_peer& peer) {
    if (!peer.cert)
      return std::nullopt;
    return connection_validity{*peer.cert, now_unix_micros() / micros_per_s};
  }

  static std::string why_invalid(const trust_view& view, const connection& link) {
    if (!link.cert)
      return {};
    if (view.revoked.forgets(link.node))
      return "its CA has forgotten node " + link.node.value;
    return link.cert->why_invalid(view);
  }

  static std::chrono::steady_clock::time_point now() {
    return std::chrono::steady_clock::now();
  }

  static std::string reason_of(const caf::error& reason) {
    if (reason == caf::exit_reason::remote_link_unreachable || !reason)
      return "the connection was lost";
    if (reason == caf::exit_reason::user_shutdown)
      return "the other node ended it";
    return text_of(reason);
  }

  caf::expected<caf::ok_atom> admit_candidate(const admission_request& asked) {
    auto verdict = links_->admit(asked.connection, asked.candidate);
    if (verdict.superseded)
      end(*verdict.superseded, "a newer connection took its place");
    if (verdict.refused)
      return std::move(verdict.refused);
    return caf::ok_atom::value;
  }

  void begin_introduction(const handshake_done& done, const link_actor& local) {
    if (!links_->holds(done.connection)) {
      caf::anon_send_exit(local, caf::exit_reason::user_shutdown);
      return;
    }
    auto side = done.dialled ? channel_side::client : channel_side::server;
    socket_shutdown_guard guard{done.stream->fd()};
    auto introduction =
      introduce(self_->system(), std::move(*done.stream), side, done.connection.value, local,
                caf::actor_cast<introduction_owner<link_actor>>(self_), defaults::introduction_timeout);
    self_->monitor(local);
    connections_.emplace(done.connection, connection{done.peer.id(),
                                                     done.peer.hello,
                                                     done.peer.remote,
                                                     validity_of(done.peer),
                                                     std::move(guard),
                                                     local,
                                                     std::move(introduction),
                                                     {}});
    check_certificates_now(); // the CAs' lists may have come since the handshake
  }

  /// The connection no longer counts as the link with its node.
  void release(connection_id id) {
    if (auto node = links_->drop(id))
      plan_->link_down(*node, now());
  }

  /// Ends a connection in any state. No effect on one that has ended.
  void end(connection_id id, const std::string& why) {
    release(id);
    auto node = connections_.extract(id);
    if (!node) {
      dial_due();
      return;
    }
    auto& link = node.mapped();
    end_actors(link);
    if (link.peer) {
      self_->demonitor(link.peer.address());
      bool is_agreed = !link.close_reason.empty();
      log::write(is_agreed ? log::level::info : log::level::warning,
                 fmt::format("Link {}: {} node={} name={} remote={}", is_agreed ? "closed" : "lost",
                             is_agreed ? link.close_reason : why, link.node.value,
                             as_view(link.hello->getCard().getName()), link.remote));
      self_->send(setup_.services.owner, link_down{link.node, why, is_agreed});
    } else {
      log::warn("Link setup failed after admission: {} node={} remote={}", why, link.node.value, link.remote);
    }
    dial_due();
  }

  static void end_actors(const connection& link) {
    caf::anon_send_exit(link.local, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(link.introduction, caf::exit_reason::user_shutdown);
  }

  /// The node with the lower id redials, so that two nodes that lost each other do not both dial.
  void remember_address(const connection& link) {
    auto door = endpoint::parse(as_view(link.hello->getCard().getDoor()));
    if (door && setup_.options.identity.id < link.node && !plan_->add(*door, link.node, now()))
      log_no_dial(link.node, door->text());
  }

  void on_dial_failed(const endpoint& at, const handshake_failed& failed) {
    auto code = code_of(failed.why);
    if (auto wanted = plan_->expected_once(at); wanted && !failed.node)
      self_->send(setup_.services.owner, dial_failed{*wanted, text_of(failed.why)});
    if (code == ec::invalid) {
      plan_->forget(at);
      log::info("Not dialling this node's own door addr={}", at.text());
    } else if (code == ec::already_exists && failed.node && links_->has(*failed.node)) {
      plan_->linked(at, *failed.node);
    } else if (plan_->failed(at, text_of(failed.why), now())) {
      log::warn("Dial failed, will retry: {} addr={}", text_of(failed.why), at.text());
    }
  }

  static void log_no_dial(const node_id& node, std::string_view address) {
    log::warn("Not dialling: the dial plan is full node={} addr={}", node.value, address);
  }

  void log_refusal(const handshake_failed& failed) {
    if (code_of(failed.why) == ec::already_exists)
      return; // both ends dialled at once, which is normal
    // A node refused for its certificate retries until it gets another one: log it once.
    if (auto why = text_of(failed.why);
        code_of(failed.why) == ec::conflict && std::exchange(last_conflict_, why) == why)
      return;
    uint64_t left_out = 0;
    if (!budget_.allow(now(), left_out))
      return;
    if (left_out > 0)
      log::warn("Refused {} further connections (log rate limit)", left_out);
    log::warn("Refused a connection: {}{}{}", text_of(failed.why), failed.node ? " node=" + failed.node->value : "",
              failed.remote.empty() ? "" : " remote=" + failed.remote);
  }

  door_impl::pointer self_ = nullptr;
  door_setup setup_;
  std::optional<link_table> links_;
  std::optional<spawn_refuser> refuser_;
  std::optional<dial_plan> plan_;
  std::string last_conflict_;
  std::set<connection_id> pending_admissions_; ///< waiting for the answer of the owner
  std::map<connection_id, connection> connections_;
  std::optional<std::chrono::steady_clock::time_point> waking_at_;
  rate_limiter budget_{now(), defaults::refusal_log_burst, defaults::refusal_log_per_s};
};

door_impl::behavior_type door(door_impl::stateful_pointer<door_state> self, door_setup setup) {
  self->set_down_handler([self](caf::down_msg& down) { self->state.on_down(down); });
  self->state.init(self, std::move(setup));
  return {[self](const maintain_link& known) { self->state.maintain(known); },
          [self](const open_link& wanted) { self->state.open(wanted); },
          [self](const close_link& what) { self->state.close(what); },
          [self](const check_certificates&) { self->state.on_check_certificates(); },
          [self](const renew_credentials& next) { return self->state.renew(next); },
          [self](const admission_request& asked) { return self->state.admit(asked); },
          [self](const handshake_done& done) { self->state.on_handshake_done(done); },
          [self](const handshake_failed& failed) { self->state.on_handshake_failed(failed); },
          [self](const listening_failed& failed) { self->quit(failed.why); },
          [self](const introduced<link_actor>& over) { self->state.on_introduced(over); },
          [self](close_atom, uint64_t connection) { self->state.on_close_timeout({connection}); },
          [self](dial_atom) { self->state.dial_due(); }};
}

std::string host_name() {
  char name[65] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

/// The address that the card gives for a door bound to `bound`.
std::string advertised(const door_options& options, const endpoint& bound) {
  if (options.advertise)
    return options.advertise->text();
  return bound.is_unspecified() ? endpoint{host_name(), bound.port}.text() : bound.text();
}

caf::error refuse_open(const endpoint& at, const char* what) {
  return fail(ec::invalid, std::string{what} + " " + at.text() +
                             " is not on the loopback; that needs mutual TLS (--tls or door.tls)");
}

} // namespace

caf::error door_options::validate() const {
  if (!shown && !listen.is_loopback())
    return refuse_open(listen, "the door at");
  for (const auto& at : join) {
    if (!shown && !at.is_loopback())
      return refuse_open(at, "the node to join at");
    if (at.port == 0)
      return fail(ec::invalid, "the node to join at " + at.text() + " has no port");
  }
  return caf::none;
}

caf::expected<running_door> spawn_door(caf::actor_system& system, door_services services, door_options options) {
  if (auto err = options.validate())
    return err;
  std::optional<tls_context> tls;
  if (options.shown) {
    auto made = tls_context::make(*options.shown);
    if (!made)
      return made.error();
    tls = std::move(*made);
  }
  auto listening = listen_socket(options.listen);
  if (!listening)
    return listening.error();
  auto card =
    make_card(options.about, advertised(options, listening->at), options.identity, options.shown, now_unix_micros());
  if (!card)
    return card.error();
  auto hello = make_hello(options.identity, certificate_role::node, *card);
  if (options.shown)
    options.trust->set_trusted(options.shown->trusted);
  auto handshakes =
    std::make_shared<handshake_runner>(hello_of(options, hello), tls, options.hello_timeout, options.trust);
  auto spawned = system.spawn(door, door_setup{std::move(services), std::move(options), hello, handshakes});
  handshakes->listen(system, caf::actor_cast<handshake_owner_actor>(spawned), std::move(listening->fd));
  return running_door{caf::actor_cast<door_actor>(spawned), listening->at};
}

} // namespace hive
