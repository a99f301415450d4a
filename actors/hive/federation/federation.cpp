#include "actors/hive/federation/federation.hpp"

#include "actors/benchmark/result_slots.hpp"
#include "actors/hive/members/member_event.hpp"
#include "actors/hive/state/slot_content.hpp"
#include "actors/tracker/stored_statistics.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "messages/packed.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/identity/node_identity.hpp"
#include "storage/epoch.hpp"
#include "storage/task_store.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <spdlog/spdlog.h>

namespace hive {
namespace {

msg<wire::PeerTools> peer_tools(const node_id& origin, const std::string& part,
                                std::vector<analysis::learned_tool> learned) {
  return msg<wire::PeerTools>::build([&](wire::PeerTools::Builder out) {
    out.setOrigin(origin.value);
    out.setPart(part);
    if (!learned.empty())
      out.setLearned(*to_delta(std::move(learned), origin.value, 0));
  });
}

msg<wire::StoredSlot> to_stored(const public_key& key, const slot& what) {
  return msg<wire::StoredSlot>::build([&](wire::StoredSlot::Builder out) {
    out.setPublicKey({key.data(), key.size()});
    to_wire(what, out.initSlot());
  });
}

std::string_view to_string(member_state state) {
  switch (state) {
  case member_state::ACTIVE:
    return "active";
  case member_state::SUSPECT:
    return "suspected";
  case member_state::STALE:
    return "stale";
  case member_state::DEAD:
    return "dead";
  case member_state::QUARANTINED:
    return "quarantined";
  }
  return "in a state that this version does not know";
}

caf::expected<public_key> key_from(capnp::Data::Reader bytes) {
  public_key out;
  if (bytes.size() != out.size())
    return fail(ec::corrupt, "a stored slot has a public key of " + std::to_string(bytes.size()) + " bytes");
  std::ranges::copy(bytes, out.begin());
  return out;
}

} // namespace

caf::error federation_options::validate() const {
  if (gossip.interval <= std::chrono::milliseconds{0} || gossip.fan_out == 0)
    return fail(ec::invalid, "the interval and the fan-out of gossip must be positive");
  if (auto wrong = views.validate())
    return wrong;
  return bounds.validate();
}

// -- life ------------------------------------------------------------------------

federation_state::~federation_state() {
  for (const auto& [id, entry] : peers_)
    caf::anon_send_exit(entry.actor, caf::exit_reason::user_shutdown);
}

caf::error federation_state::init(pointer self, federation_services services, federation_options options) {
  if (auto wrong = options.validate())
    return wrong;
  self_ = self;
  services_ = std::move(services);
  options_ = std::move(options);
  replica_.emplace(options_.keys, options_.epoch, options_.checks, options_.bounds);
  membership_.emplace(replica_->own_id(), options_.epoch, std::chrono::steady_clock::now(), options_.membership);
  random_.seed(options_.epoch ^ std::hash<std::string>{}(replica_->own_id().value));
  views_.emplace(random_(), options_.views);
  auto published = task_store{*services_.db}.published_delta();
  if (!published)
    return published.error();
  published_ = std::move(*published);
  if (auto unreadable = restore())
    return unreadable;
  if (options_.certificates)
    expiry_ = expiry_watch{options_.certificates->watched};
  forget_nodes();
  meet_members();
  for (const auto& origin : replica_->origins())
    tell_tracker(origin);
  introduce(options_.self);
  self_->send(self_, round_atom::value);
  self_->send(self_, pulse_atom::value);
  return caf::none;
}

caf::error federation_state::restore() {
  hive_store store{*services_.db};
  auto unreadable = store.visit_slots([this](wire::StoredSlot::Reader stored) -> caf::error {
    auto key = key_from(stored.getPublicKey());
    if (!key)
      return key.error();
    auto held = from_wire(stored.getSlot());
    return held ? replica_->restore(*key, std::move(held)) : fail(ec::corrupt, "a stored slot has no whole signature");
  });
  if (unreadable)
    return unreadable;
  unreadable = store.visit_proofs([this](wire::EquivocationProof::Reader stored) { return replica_->restore(stored); });
  replica_->end_restore();
  return unreadable;
}

// -- what this node says ---------------------------------------------------------

void federation_state::introduce(const msg<wire::Hello>& self) {
  options_.self = self;
  write_card(self->getCard().getWrittenAt());
}

caf::result<msg<wire::Recorded>> federation_state::publish(const msg<wire::LearningDelta>& delta) {
  write_set writes;
  task_store::put_published_delta(writes, delta);
  auto promise = self_->make_response_promise<msg<wire::Recorded>>();
  // The committer answers in the order in which it is asked, so of two deltas the later one stays.
  self_->request(services_.committer, caf::infinite, std::move(writes))
    .then(
      [this, promise, delta](const committed&) mutable {
        published_ = delta;
        promise.deliver(msg<wire::Recorded>::build(
          [&](wire::Recorded::Builder out) { out.setRecorded(delta->getCodingBenchmarks().size()); }));
      },
      [promise](const caf::error& error) mutable { promise.deliver(error); });
  return promise;
}

caf::result<msg<wire::LearningDelta>> federation_state::published() const {
  if (!published_)
    return fail(ec::no_data, "nothing was handed to the hive yet");
  return *published_;
}

void federation_state::tell_load(const msg<wire::NodeLoad>& load) {
  own_.want(slot_kind::load, {{std::string{load_key}, to_packed(load)}});
  write_own();
}

void federation_state::refresh() {
  auto since =
    msg<wire::LearnedSinceQuery>::build([&](wire::LearnedSinceQuery::Builder out) { out.setSince(learned_through_); });
  self_->request(services_.tracker, defaults::request_timeout, since)
    .then(
      [this](const msg<wire::LearnedSince>& answer) {
        learned_through_ = answer->getNewest();
        if (!answer->hasLearned())
          return;
        if (auto learned = from_delta(answer->getLearned()))
          own_.want(slot_kind::tool_stats, to_tool_slots(std::move(*learned)));
        write_own();
      },
      [](const caf::error& error) { spdlog::warn("The federation got nothing from the tracker: {}", text_of(error)); });
  if (rounds_ % defaults::rounds_per_results != 0)
    return;
  self_->request(services_.results, defaults::request_timeout, msg<wire::LatestResultsQuery>{})
    .then(
      [this](const msg<wire::LatestResults>& results) {
        own_.want(slot_kind::latest_results, to_result_slots(*results));
        write_own();
      },
      [](const caf::error& error) {
        if (code_of(error) != ec::no_data)
          spdlog::warn("The federation got no results from the registry: {}", text_of(error));
      });
}

void federation_state::write_own() {
  if (replica_->must_raise_epoch())
    return; // the later epoch begins with it
  if (writing_own_) {
    own_changed_ = true;
    return;
  }
  std::vector<caf::error> refused;
  auto next = own_.prepare(*replica_, now_unix_micros(), refused);
  for (const auto& each : refused)
    spdlog::warn("This node cannot tell the hive something: {}", text_of(each));
  if (next.empty())
    return;
  write_set writes;
  for (const auto& each : next)
    hive_store::put_slot(writes, replica_->own_id().value, to_stored(options_.keys.public_part(), *each));
  writing_own_ = true;
  self_->request(services_.committer, caf::infinite, std::move(writes))
    .then([this, next = std::move(next)](const committed&) { commit_own(next); },
          [this](const caf::error& error) {
            writing_own_ = false; // the next change or round tries again
            spdlog::warn("What this node tells the hive could not be stored: {}", text_of(error));
          });
}

void federation_state::commit_own(const std::vector<slot_ptr>& written) {
  writing_own_ = false;
  for (const auto& each : written)
    if (auto wrong = replica_->commit(each))
      spdlog::error("The federation cannot take in its own slot: {}", text_of(wrong));
  forget_nodes(); // an own card may supersede a node
  if (std::exchange(own_changed_, false))
    write_own();
}

// -- gossip ----------------------------------------------------------------------

gossip::contents federation_state::contents_for(const node_id& peer, bool was_asked) {
  return {.turn = random_(), .claims = membership_->claims_to_send(defaults::max_told_claims, was_asked), .peer = peer};
}

msg<wire::GossipQuestion> federation_state::first_question(const node_id& peer, bool asks_who_lives) {
  auto more = contents_for(peer);
  more.asks_who_lives = asks_who_lives;
  return gossip::begin(*replica_, more);
}

/// A link that stands is one on which the transport's heartbeats come.
void federation_state::pulse() {
  self_->delayed_send(self_, options_.membership.tick, pulse_atom::value);
  auto now = std::chrono::steady_clock::now();
  for (const auto& [id, entry] : peers_)
    if (entry.linked)
      membership_->heard(id, now);
  set_patience();
  membership_->tick(now);
  tell_changes();
  choose_links();
  log_clocks();
  close_superseded_links();
  watch_own_place();
  refresh_card();
  warn_of_expiry();
  raise_epoch(); // not with each delta: what this node told earlier comes in several
}

void federation_state::tell_changes() {
  for (const auto& change : membership_->take_changes()) {
    spdlog::info("Node {} is {}{}{}", change.node.value, to_string(change.after), change.why.empty() ? "" : ": ",
                 change.why);
    self_->send(services_.events, to_event(change, name_of(change.node)));
  }
}

void federation_state::log_clocks() {
  if (!clocks_.has_changed())
    return;
  auto wrong = clocks_.text();
  if (wrong.empty())
    spdlog::info("The clocks of this node and those linked with it agree");
  else if (clocks_.verdict().own_is_off)
    spdlog::error("Look at the clock of this machine: {}", wrong);
  else
    spdlog::warn("The clocks of the hive differ: {}", wrong);
}

void federation_state::complain(const std::string& what) {
  uint64_t left_out = 0;
  if (!complaints_.allow(std::chrono::steady_clock::now(), left_out))
    return;
  if (left_out > 0)
    spdlog::warn("Further {} warnings about what other nodes sent were left out", left_out);
  spdlog::warn("{}", what);
}

void federation_state::wonder_at(const peer_unreadable& sent) {
  counters_.unreadable += sent.messages;
  complain("Node " + sent.from.value + " sent what could not be read" +
           (sent.messages > 1 ? ", " + std::to_string(sent.messages) + " messages so far unmentioned" : ""));
}

void federation_state::round() {
  self_->delayed_send(self_, options_.gossip.interval, round_atom::value);
  refresh();
  ++rounds_;
  std::vector<decltype(peers_)::pointer> free;
  for (auto& peer : peers_)
    if (peer.second.linked && !peer.second.exchanging)
      free.push_back(&peer);
  std::ranges::shuffle(free, random_);
  free.resize(std::min<size_t>(free.size(), options_.gossip.fan_out));
  bool asks_who_lives = membership_->lacks_evidence(); // one of them: its answer is large
  for (auto* peer : free) {
    peer->second.exchanging = true;
    ++counters_.exchanges;
    self_->send(peer->second.actor, begin_exchange{first_question(peer->first, std::exchange(asks_who_lives, false))});
  }
}

caf::result<msg<wire::GossipAnswer>> federation_state::answer(const peer_question& asked) {
  join_outcome joined;
  auto given = gossip::answer(*replica_, *asked.question, now_unix_micros(),
                              contents_for(asked.from, asked.question->getAsksWhoLives()), joined);
  digest(joined, asked.from);
  if (!given)
    return given.error();
  hear({asked.from, asked.question->getRoot(), asked.question->getClaims(), asked.question.bytes().size()});
  counters_.sent_bytes += given->bytes().size();
  return *given;
}

next_question federation_state::go_on(const peer_answer& heard) {
  auto found = peers_.find(heard.from);
  if (found == peers_.end())
    return {}; // its link is lost meanwhile
  auto& entry = found->second;
  counters_.sent_bytes += heard.sent_bytes;
  if (!heard.answer) {
    entry.exchanging = false;
    ++counters_.failed;
    spdlog::debug("Node {} did not answer: {}", heard.from.value, text_of(heard.answer.error()));
    return {};
  }
  entry.round_trip = heard.round_trip;
  if (auto theirs = (*heard.answer)->getClock(); theirs != 0 && entry.linked)
    clocks_.hear(heard.from, ahead_of(theirs, now_unix_micros(), heard.round_trip));
  join_outcome joined;
  auto next = gossip::go_on(*replica_, **heard.answer, now_unix_micros(), contents_for(heard.from), joined);
  digest(joined, heard.from);
  hear({heard.from, (*heard.answer)->getRoot(), (*heard.answer)->getClaims(), heard.answer->bytes().size()});
  entry.exchanging = next && *next;
  if (!next)
    complain("Node " + heard.from.value + " answered with " + text_of(next.error()));
  return {next ? std::move(*next) : std::nullopt};
}

void federation_state::hear(const heard_of& what) {
  auto found = peers_.find(what.from);
  if (found == peers_.end())
    return; // its link is lost meanwhile
  auto& entry = found->second;
  entry.last_seen_unix_micros = now_unix_micros();
  entry.same_root = gossip::has_same_root(*replica_, what.root);
  counters_.received_bytes += what.bytes;
  if (auto wrong = membership_->hear_claims(gossip::claims_of(what.claims), std::chrono::steady_clock::now()))
    complain("Node " + what.from.value + " claims what cannot be: " + text_of(wrong));
  tell_changes();
}

void federation_state::digest(const join_outcome& joined, const node_id& from) {
  for (const auto& refused : joined.refused)
    if (refused.why != slot_refusal_reason::superseded) // a peer that has not heard of the newer node yet
      complain("A slot that node " + from.value + " sent is not taken in: " + refused.text);
  forget_nodes(); // before what may have come of them anew is stored
  store(joined);
  for (const auto& each : joined.accepted) {
    if (each.what->name.kind == slot_kind::card) {
      membership_->met(each.origin, each.what->stamp.epoch, std::chrono::steady_clock::now());
      compare_doors(each);
      meet(each);
    }
    if (each.what->name.kind == slot_kind::tool_stats && !replica_->quarantine_of(each.origin))
      tell_tracker(each);
  }
  for (const auto& origin : joined.quarantined) {
    auto* broke_rules = replica_->quarantine_of(origin);
    if (!broke_rules)
      continue;
    spdlog::error("Node {} is quarantined: {}", origin.value, broke_rules->text);
    membership_->set_quarantined(origin, true, std::chrono::steady_clock::now());
    drop_from_tracker(origin);
  }
  for (const auto& origin : joined.released) {
    membership_->set_quarantined(origin, false, std::chrono::steady_clock::now());
    tell_tracker(origin);
  }
  tell_changes();
}

void federation_state::raise_epoch() {
  if (!replica_->must_raise_epoch() || raising_epoch_ || has_twin_)
    return;
  if (raise_failure_.empty() && !raises_.allow(std::chrono::steady_clock::now())) {
    has_twin_ = true;
    return spdlog::error("Another node runs with this node's identity, {}, probably on a copy of its data directory. "
                         "Until its next start this node tells the hive nothing: stop it or the other one, and start "
                         "that on an empty data directory",
                         replica_->own_id().value);
  }
  auto next = epoch_write(*services_.db, replica_->highest_own_epoch() + 1);
  if (!next)
    return fail_to_raise(next.error());
  for (const auto& each : replica_->slots_of(replica_->own_id()))
    hive_store::put_slot(next->writes, replica_->own_id().value, to_stored(options_.keys.public_part(), *each));
  raising_epoch_ = true;
  // No timeout: the outcome of a write under way cannot be guessed, and with the committer this actor ends too.
  self_->request(services_.committer, caf::infinite, std::move(next->writes))
    .then([this, epoch = next->epoch](const committed&) { begin_epoch(epoch); },
          [this](const caf::error& error) { fail_to_raise(error); });
}

void federation_state::fail_to_raise(const caf::error& error) {
  raising_epoch_ = false;
  if (auto why = text_of(error); std::exchange(raise_failure_, why) != why)
    spdlog::error("The epoch cannot be raised and is tried again: {}", why);
}

void federation_state::begin_epoch(uint64_t epoch) {
  if (auto wrong = replica_->raise_epoch(epoch))
    return fail_to_raise(wrong); // more came meanwhile
  raising_epoch_ = false;
  raise_failure_.clear();
  spdlog::warn("This node's store was older than what it told others: it goes on in epoch {}", epoch);
  membership_->raise_epoch(epoch);
  write_own();
}

void federation_state::store(const join_outcome& joined) {
  write_set writes;
  for (const auto& each : joined.accepted)
    if (auto* key = replica_->key_of(each.origin))
      hive_store::put_slot(writes, each.origin.value, to_stored(*key, *each.what));
  for (const auto& origin : joined.quarantined) {
    auto* proven = replica_->quarantine_of(origin);
    if (proven && proven->why == quarantine::kind::equivocation)
      hive_store::put_proof(writes, origin.value,
                            msg<wire::EquivocationProof>::build([&](wire::EquivocationProof::Builder out) {
                              to_wire(*replica_->key_of(origin), *proven, out);
                            }));
  }
  if (writes.empty())
    return;
  self_->request(services_.committer, caf::infinite, std::move(writes))
    .then([](const committed&) {},
          [](const caf::error& error) {
            // It holds in memory, and the others say it again after a restart.
            spdlog::warn("What other nodes say could not be stored: {}", text_of(error));
          });
}

// -- tracker ---------------------------------------------------------------------

void federation_state::tell_tracker(const node_id& origin) {
  if (replica_->quarantine_of(origin))
    return;
  for (const auto& what : replica_->slots_of(origin))
    if (what->name.kind == slot_kind::tool_stats)
      tell_tracker(accepted_slot{origin, what});
}

void federation_state::tell_tracker(const accepted_slot& tools) {
  if (tools.origin == replica_->own_id())
    return;
  std::vector<analysis::learned_tool> learned;
  if (!tools.what->payload.empty()) {
    auto said = from_tool_slot(tools.what->name.key, tools.what->payload);
    if (!said)
      return spdlog::error("A slot of node {} was taken in but cannot be read: {}", tools.origin.value,
                           text_of(said.error()));
    learned = std::move(*said);
  }
  tell_tracker(peer_tools(tools.origin, tools.what->name.key, std::move(learned)));
}

void federation_state::tell_tracker(const msg<wire::PeerTools>& said) {
  self_->request(services_.tracker, defaults::request_timeout, said)
    .then([](const msg<wire::Recorded>&) {},
          [origin = std::string{as_view(said->getOrigin())}](const caf::error& error) {
            spdlog::warn("The tracker does not take what node {} says: {}", origin, text_of(error));
          });
}

void federation_state::drop_from_tracker(const node_id& origin) {
  tell_tracker(peer_tools(origin, {}, {}));
}

// -- actor -----------------------------------------------------------------------

federation_self::behavior_type federation(federation_state::pointer self, federation_services services,
                                          federation_options options) {
  auto& state = self->state;
  if (auto error = state.init(self, std::move(services), std::move(options)))
    self->quit(std::move(error));
  return {
    [&state](const msg<wire::LearningDelta>& delta) { return state.publish(delta); },
    [&state](const msg<wire::PublishedDeltaQuery>&) { return state.published(); },
    [&state](const msg<wire::NodeQuery>&) { return state.nodes(); },
    [&state](const msg<wire::HiveStatusQuery>&) { return state.status(); },
    [&state](const msg<wire::NodeLoad>& load) { state.tell_load(load); },
    [&state](const door_opened& door) { state.open(door); },
    [&state](const link_candidate& who) { return state.admit(who); },
    [&state](const link_offer& offered) { return state.offer(offered); },
    [&state](const link_up& up) { state.connect(up); },
    [&state](const link_down& down) { state.lose(down); },
    [&state](const dial_failed& what) { state.miss(what); },
    [&state](round_atom) { state.round(); },
    [&state](pulse_atom) { state.pulse(); },
    [&state](const peer_question& asked) { return state.answer(asked); },
    [&state](const peer_farewell& said) { state.part_from(said); },
    [&state](const peer_unreadable& sent) { state.wonder_at(sent); },
    [&state](const peer_answer& heard) { return state.go_on(heard); },
  };
}

} // namespace hive
