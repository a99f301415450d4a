#include "actors/hive/federation/federation.hpp"

#include "actors/hive/federation/peer.hpp"
#include "actors/hive/link/api.hpp"
#include "actors/hive/link/link_table.hpp"
#include "actors/remote/api.hpp"
#include "actors/store/commit.hpp"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gossip.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/timestamp.hpp"
#include "platform/log.hpp"
#include "storage/epoch.hpp"
#include "storage/hive_store.hpp"
#include "storage/run_stamp.hpp"

#include <caf/all.hpp>
#include <random>

namespace hive {
namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;
using wake_atom = caf::atom_constant<caf::atom("wake")>;
using overdue_atom = caf::atom_constant<caf::atom("overdue")>;

/// internal: timers, and messages from the actors of the peers.
using federation_self =
  federation_actor::extend_with<peer_owner_actor>::extend<caf::reacts_to<tick_atom>, caf::reacts_to<wake_atom>,
                                                          caf::reacts_to<overdue_atom, uint64_t>>;

core_time now() {
  return {std::chrono::steady_clock::now(), now_unix_micros()};
}

/// Tells when a periodic task is due. After a delay of several intervals, the task is due once.
class repeated {
public:
  repeated() = default;
  repeated(std::chrono::milliseconds interval, tick_point first) : interval_{interval}, next_{first} {
  }

  std::chrono::milliseconds interval() const {
    return interval_;
  }

  /// Whether the task is due. If so, the next time is one interval later.
  bool is_due(tick_point now) {
    if (now < next_)
      return false;
    next_ += interval_;
    if (next_ <= now)
      next_ = now + interval_;
    return true;
  }

private:
  std::chrono::milliseconds interval_{0};
  tick_point next_;
};

class federation_state {
public:
  using pointer = federation_self::stateful_pointer<federation_state>;
  static inline const char* name = "federation";

  federation_state() = default;
  federation_state(const federation_state&) = delete;
  federation_state& operator=(const federation_state&) = delete;

  /// Ends the actors of the peers. They are not linked to this actor: an actor that ends with its link must not end
  /// this one.
  ~federation_state() {
    for (const auto& [id, actor] : peers_)
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  /// Restores the core from the store. An error ends the actor.
  caf::error init(pointer self, federation_services services, federation_options options) {
    self_ = self;
    services_ = std::move(services);
    run_directory_ = std::move(options.run_directory);
    trust_ = std::move(options.trust);
    for (const auto& topic : services_.topics)
      options.core.topics.push_back(topic.rules);
    options.core.run = std::uniform_int_distribution<uint64_t>{1, max_run}(random_device_);
    options.core.told = take_note(node_id_of(options.core.keys.public_part()));
    if (auto wrong = options.core.validate())
      return wrong;
    round_ = repeated{options.core.gossip.interval, now().steady};
    pulse_ = repeated{options.core.membership.tick, now().steady};
    core_.emplace(std::move(options.core), now());
    if (auto unreadable = restore())
      return unreadable;
    carry_out(core_->begin(now()));
    for (const auto& topic : services_.topics)
      if (topic.producer)
        self_->send(topic.producer,
                    sharing_started{topic.rules.kind, slot_publisher_actor{self_}, slot_sharing_actor{self_},
                                    node_directory_actor{self_}, core_->is_disk_current()});
    self_->send(self_, tick_atom::value);
    return caf::none;
  }

  /// One timer for both, since each wakes two threads of an idle node.
  void on_tick() {
    self_->delayed_send(self_, std::min(round_.interval(), pulse_.interval()), tick_atom::value);
    if (pulse_.is_due(now().steady))
      step(pulse_due{});
    if (round_.is_due(now().steady))
      step(round_due{});
  }

  void step(core_event event) {
    carry_out(core_->step(std::move(event), now()));
  }

  void on_door_opened(const door_opened& door) {
    door_ = door.door;
    step(door);
  }

  caf::result<caf::ok_atom> on_link_candidate(const link_candidate& candidate) const {
    if (auto other = core_->certificate_conflict(candidate))
      return certificate_in_use(candidate.node, *other);
    return caf::ok_atom::value;
  }

  link_actor on_link_offer(const link_offer& offered) {
    auto actor = spawn_peer(self_->system(), {peer_owner_actor{self_}}, {offered.node});
    if (spawning_.spawner)
      self_->send(actor, spawning_);
    peers_[offered.node] = actor;
    step(offered);
    return actor;
  }

  void on_link_up(const link_up& up) {
    self_->send(peers_[up.node], up);
    links_[up.node] = caf::actor_cast<spawning_link_actor>(up.peer);
    step(up);
    settle_awaited([&](const awaited_link& each) { return each.node == up.node; }, links_[up.node]);
  }

  void on_dial_failed(const dial_failed& what) {
    step(what);
    settle_awaited([&](const awaited_link& each) { return each.node == what.node; },
                   fail(ec::unavailable, "no link with node " + what.node.value + ": " + what.reason));
  }

  void on_link_down(const link_down& down) {
    peers_.erase(down.node);
    links_.erase(down.node);
    step(down);
  }

  /// Dials the node if there is no link, as in a large hive.
  caf::result<spawning_link_actor> link(const link_query& query) {
    if (auto found = links_.find(query.node); found != links_.end())
      return found->second;
    if (!door_)
      return fail(ec::unavailable, "this node has no door, and so no link with node " + query.node.value);
    awaited_.push_back({++newest_awaited_, query.node, self_->make_response_promise<spawning_link_actor>()});
    self_->delayed_send(self_, defaults::link_wait, overdue_atom::value, newest_awaited_);
    auto promise = awaited_.back().promise;
    step(link_wanted{query.node});
    return promise;
  }

  void on_link_overdue(uint64_t number) {
    settle_awaited([number](const awaited_link& each) { return each.number == number; },
                   fail(ec::unavailable, "there was no link with the node in time"));
  }

  void on_links_in_use(const links_in_use& what) {
    used_[what.by] = what.nodes;
    links_used all;
    for (const auto& [user, nodes] : used_)
      all.nodes.insert(nodes.begin(), nodes.end());
    step(std::move(all));
  }

  void on_spawning_started(const spawning_started& what) {
    spawning_ = what;
    for (const auto& [id, actor] : peers_)
      self_->send(actor, what);
  }

  caf::result<msg<wire::GossipAnswer>> answer(const question_received& asked) {
    auto out = core_->step(asked, now());
    auto answer = std::move(out.answer);
    carry_out(std::move(out));
    if (!answer || !*answer)
      return answer ? answer->error() : fail(ec::unsupported, "the question is none");
    return std::move(**answer);
  }

  caf::result<msg<wire::NodeList>> nodes(const msg<wire::NodeQuery>& query) const {
    if (query->getNode().size() == 0)
      return core_->nodes(now());
    auto found = core_->node({query->getNode().cStr()}, now());
    if (!found)
      return found.error();
    return std::move(*found);
  }

  msg<wire::HiveStatus> status() const {
    return core_->status(now());
  }

  msg<wire::HeldRevocations> revocations_held() const {
    return core_->held_revocations();
  }

  /// The core has told others already, which is no harm: a list proves itself.
  caf::result<msg<wire::HeldRevocations>> take_revocations(const msg<wire::RevocationUpload>& upload) {
    auto out = core_->step(revocations_given{upload->getList().cStr(), "the list"}, now());
    auto given = std::move(out.given);
    carry_out(std::move(out));
    if (!given || !*given)
      return given ? given->error() : fail(ec::internal, "the lists were not judged");
    write_set again; // the write under way answers to the core
    for (const auto& list : **given)
      hive_store::put_revocations(again, list.ca(), list.der());
    auto promise = self_->make_response_promise<msg<wire::HeldRevocations>>();
    commit(self_, services_.committer, std::move(again))
      .then([this, promise](const committed&) mutable { promise.deliver(core_->held_revocations()); },
            [promise](const caf::error& error) mutable { promise.deliver(error); });
    return promise;
  }

  caf::result<caf::ok_atom> take_revocation_file(const revocation_file& file) {
    auto out = core_->step(revocations_given{file.text, file.path}, now());
    auto given = std::move(out.given);
    carry_out(std::move(out));
    if (!given || *given)
      return caf::ok_atom::value;
    if (code_of(given->error()) == ec::conflict) // most often the hive has a newer one
      log::info("Revocation list not taken: {}", text_of(given->error()));
    else
      log::error("Revocation list refused: {}", text_of(given->error()));
    return given->error();
  }

  msg<wire::HiveStatus> vouch() {
    step(store_vouched{});
    return status();
  }

private:
  /// Somebody who waits for a link.
  struct awaited_link {
    uint64_t number;
    node_id node;
    caf::typed_response_promise<spawning_link_actor> promise;
  };

  template <class Condition>
  void settle_awaited(Condition is_settled, const caf::expected<spawning_link_actor>& with) {
    std::erase_if(awaited_, [&](awaited_link& each) {
      if (!is_settled(each))
        return false;
      with ? each.promise.deliver(*with) : each.promise.deliver(with.error());
      return true;
    });
  }

  caf::error restore() {
    hive_store store{*services_.db};
    auto unreadable = store.visit_slots([this](wire::StoredSlot::Reader stored) { return core_->restore(stored); });
    if (unreadable)
      return unreadable;
    if (auto wrong =
          store.visit_proofs([this](wire::EquivocationProof::Reader stored) { return core_->restore(stored); }))
      return wrong;
    if (auto wrong =
          store.visit_revocations([this](wire::StoredRevocationList::Reader stored) { return core_->restore(stored); }))
      return wrong;
    return store.visit_contradictions([this](wire::EquivocationProof::Reader stored) {
      return core_->restore(stored, quarantine::kind::contradiction);
    });
  }

  std::optional<write_stamp> take_note(const node_id& self) {
    if (run_directory_.empty())
      return std::nullopt;
    auto noted = take_run_stamp(run_directory_, self.value);
    return noted ? std::optional{write_stamp{(*noted)->getEpoch(), (*noted)->getVersion()}} : std::nullopt;
  }

  /// Without a note the next start hears from others first.
  void note(write_stamp newest) {
    if (run_directory_.empty())
      return;
    auto failure = put_run_stamp(run_directory_, core_->held().own_id().value, newest.epoch, newest.version);
    if (failure && !std::exchange(note_failed_, true))
      log::warn("The stamp of the newest slot cannot be noted: the next start waits for other nodes: {}",
                text_of(failure));
    else if (!failure)
      note_failed_ = false;
  }

  void carry_out(core_output out) {
    for (const auto& line : out.log)
      log::write(line.level, line.text);
    if (out.revoked) {
      trust_->set_revoked(std::move(*out.revoked));
      if (door_)
        self_->send(door_, check_certificates{});
    }
    if (out.to_note)
      note(*out.to_note);
    for (auto& order : out.to_store)
      store(std::move(order));
    for (auto& news : out.to_publish)
      std::visit([this](auto& what) { publish(std::move(what)); }, news);
    for (const auto& event : out.events)
      self_->send(services_.events, event);
    for (auto& order : out.to_door)
      std::visit([this](auto& what) { self_->send(door_, std::move(what)); }, order);
    for (auto& next : out.to_send)
      if (auto found = peers_.find(next.to); found != peers_.end())
        self_->send(found->second, ask_peer{std::move(next.question)});
    if (out.wake_at)
      self_->delayed_send(self_, std::max(*out.wake_at - now().steady, std::chrono::steady_clock::duration{}),
                          wake_atom::value);
  }

  void store(store_order order) {
    store_done done{order.purpose, {}, 0};
    if (order.purpose == store_purpose::epoch) {
      auto next = epoch_write(*services_.db, order.epoch);
      if (!next) {
        done.error = next.error();
        return step(std::move(done));
      }
      done.epoch = next->epoch;
      order.writes.append(std::move(next->writes));
    }
    commit(self_, services_.committer, std::move(order.writes))
      .then([this, done](const committed&) { step(done); },
            [this, done](const caf::error& error) mutable {
              done.error = error;
              step(std::move(done));
            });
  }

  template <class News>
  void publish(News news) {
    for (const auto& topic : services_.topics)
      if (topic.rules.kind == news.kind && topic.consumer)
        self_->send(topic.consumer, std::move(news));
  }

  pointer self_ = nullptr;
  federation_services services_;
  std::filesystem::path run_directory_;
  bool note_failed_ = false;
  std::shared_ptr<trust_register> trust_;
  std::random_device random_device_;
  std::optional<hive_core> core_;
  repeated round_; ///< of gossip
  repeated pulse_; ///< of the failure detector
  door_actor door_;
  std::map<node_id, peer_actor> peers_;
  std::map<node_id, spawning_link_actor> links_; ///< the other nodes' ends
  spawning_started spawning_;                    ///< with no actor until spawning has started
  std::vector<awaited_link> awaited_;
  uint64_t newest_awaited_ = 0;
  std::map<link_user, std::set<node_id>> used_;
};

federation_self::behavior_type federation(federation_state::pointer self, federation_services services,
                                          federation_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(std::move(error));
  return {
    [&state](const publish_slots& what) { state.step(what); },
    [&state](const publish_together& what) { state.step(what); },
    [&state](const slots_admitted& what) { state.step(what); },
    [&state](const slot_readers& what) { state.step(what); },
    [&state](const msg<wire::NodeQuery>& query) { return state.nodes(query); },
    [&state](const msg<wire::HiveStatusQuery>&) { return state.status(); },
    [&state](const msg<wire::VouchForStore>&) { return state.vouch(); },
    [&state](const msg<wire::RevocationQuery>&) { return state.revocations_held(); },
    [&state](const msg<wire::RevocationUpload>& upload) { return state.take_revocations(upload); },
    [&state](const revocation_file& file) { return state.take_revocation_file(file); },
    [&state](const trust_renewed& what) { state.step(what); },
    [&state](const door_opened& door) { state.on_door_opened(door); },
    [&state](const link_candidate& candidate) { return state.on_link_candidate(candidate); },
    [&state](const link_offer& offered) { return state.on_link_offer(offered); },
    [&state](const link_up& up) { state.on_link_up(up); },
    [&state](const link_down& down) { state.on_link_down(down); },
    [&state](const link_query& query) { return state.link(query); },
    [&state](const spawning_started& what) { state.on_spawning_started(what); },
    [&state](const links_in_use& what) { state.on_links_in_use(what); },
    [&state](overdue_atom, uint64_t number) { state.on_link_overdue(number); },
    [&state](const dial_failed& what) { state.on_dial_failed(what); },
    [&state](const question_received& asked) { return state.answer(asked); },
    [&state](const answer_received& heard) { state.step(heard); },
    [&state](const close_received& closed) { state.step(closed); },
    [&state](const malformed_received& sent) { state.step(sent); },
    [&state](tick_atom) { state.on_tick(); },
    [&state](wake_atom) { state.step(wake_due{}); },
  };
}

} // namespace

federation_actor spawn_federation(caf::actor_system& system, federation_services services, federation_options options) {
  return system.spawn(federation, std::move(services), std::move(options));
}

} // namespace hive
