#include "actors/hive/core/hive_core.hpp"
#include "storage/hive_store.hpp"

#include <algorithm>

// Gossip: exchanges, which find every difference, and pushes of changes.

namespace hive {
namespace {

/// Whether a slot was refused because this node lacks what it builds on.
bool is_gap(const slot_refusal& refused) {
  return refused.why == slot_refusal_reason::gap || refused.why == slot_refusal_reason::not_admitted;
}

} // namespace

// -- asking ----------------------------------------------------------------------

gossip::contents hive_core::contents_for(const node_id& peer, bool was_asked) {
  return {.turn = random_(),
          .claims = membership_.claims_to_send(defaults::max_claims_per_message, was_asked),
          .peer = peer,
          .wants_pushes = wants_pushes()};
}

void hive_core::advance(const node_id& id, peer& to) {
  if (!to.linked || to.asking)
    return;
  if (std::exchange(to.round_due, false) || lacks_lists(to)) {
    ++counters_.exchanges;
    auto more = contents_for(id);
    add_revocations(to, more);
    more.wants_evidence = std::exchange(to.wants_evidence, false);
    return ask(id, to, gossip::begin(replica_, more));
  }
  push(id, to);
}

void hive_core::ask(const node_id& id, peer& to, msg<wire::GossipQuestion> question) {
  to.asking = true;
  out_.to_send.push_back({id, std::move(question)});
}

void hive_core::push(const node_id& id, peer& to) {
  auto& lane = to.pushes;
  if (lane.pending.empty())
    return;
  auto spacing = std::max<std::chrono::milliseconds>(defaults::min_push_interval,
                                                     options_.gossip.interval / defaults::pushes_per_round);
  if (lane.is_urgent)
    spacing = std::min<std::chrono::milliseconds>(spacing, defaults::urgent_interval);
  if (lane.pushed && now_.steady < *lane.pushed + spacing)
    return wake_at(*lane.pushed + spacing);
  auto news = replica_.delta_since(std::exchange(lane.pending, {}), gossip::contents{}.delta_bytes);
  if (news->getOrigins().size() == 0)
    return; // replaced or forgotten meanwhile
  lane.pushed = now_.steady;
  lane.is_urgent = false;
  ask(id, to, gossip::push(replica_, news));
}

void hive_core::hurry(const std::map<node_id, write_stamp>& own_news, const std::set<node_id>& readers) {
  for (const auto& node : readers)
    if (auto found = peers_.find(node); found != peers_.end() && found->second.linked) {
      found->second.pushes.is_urgent = true;
      found->second.pushes.add(own_news);
      advance(node, found->second);
    }
}

void hive_core::spread(const std::map<node_id, write_stamp>& news, const node_id& from,
                       const std::set<node_id>& told_by_it) {
  auto others = news;
  others.erase(from);
  for (auto& [id, entry] : peers_) {
    const auto& lacking = told_by_it.contains(id) ? others : news;
    if (entry.linked && entry.pushes.to_it && id != from && !lacking.empty()) {
      entry.pushes.add(lacking);
      advance(id, entry);
    }
  }
}

std::set<node_id> hive_core::told_by(const node_id& origin, const join_outcome& joined) const {
  std::optional<std::set<node_id>> out;
  for (const auto& each : joined.accepted) {
    if (each.origin != origin)
      continue;
    auto readers = readers_.find(each.what->name.kind);
    if (readers == readers_.end() || !is_urgent(each.what->name.kind))
      return {};
    if (!out)
      out = readers->second;
    std::erase_if(*out, [&](const node_id& node) { return !readers->second.contains(node); });
  }
  return out.value_or(std::set<node_id>{});
}

// -- hearing ---------------------------------------------------------------------

void hive_core::on(const question_received& asked) {
  const auto& question = asked.question;
  hear_revocations(asked.from, question->getRevocations(), question->getLists());
  auto more = contents_for(asked.from, question->getAsksWhoLives());
  if (auto found = peers_.find(asked.from); found != peers_.end() && !question->getPushed() && !question->hasDigest())
    add_revocations(found->second, more);
  join_outcome joined;
  auto given = question->getPushed() ? take_push(asked, joined)
                                     : gossip::answer(replica_, *question, now_.unix_micros, more, joined);
  apply(joined, asked.from, question->getPushed());
  if (given) {
    if (auto found = peers_.find(asked.from); found != peers_.end() && question->getWantsPushes())
      found->second.pushes.to_it = true;
    on_message({asked.from, question->getRoot(), question->getClaims(), question.bytes().size()});
    if (!question->getPushed() && gossip::has_same_root(replica_, question->getRoot()))
      ++answered_equal_;
    counters_.sent_bytes += given->bytes().size();
  }
  out_.answer = std::move(given);
}

caf::expected<msg<wire::GossipAnswer>> hive_core::take_push(const question_received& asked, join_outcome& joined) {
  joined = replica_.join(asked.question->getDelta(), now_.unix_micros, asked.from);
  gossip::push_verdict verdict{.has_gap = std::ranges::any_of(joined.refused, is_gap)};
  if (auto found = peers_.find(asked.from); found != peers_.end()) {
    auto& lane = found->second.pushes;
    lane.from_it = true;
    bool was_known = joined.news.empty() && joined.refused.empty();
    verdict.redundant = was_known && count_linked(&push_lane::from_it) > defaults::push_degree;
    lane.from_it = !verdict.redundant;
  }
  return gossip::answer_push(replica_, *asked.question, now_.unix_micros, verdict);
}

void hive_core::on(const answer_received& heard) {
  auto found = peers_.find(heard.from);
  if (found == peers_.end())
    return; // its link was lost meanwhile
  auto& entry = found->second;
  entry.asking = false;
  counters_.sent_bytes += heard.sent_bytes;
  if (!heard.answer) {
    ++counters_.failed;
    entry.lists_told.clear();
    entry.lists_named = false;
    log(log::level::debug, "Gossip question failed: " + text_of(heard.answer.error()) + " node=" + heard.from.value);
    return advance(heard.from, entry);
  }
  const auto& answer = *heard.answer;
  hear_revocations(heard.from, answer->getRevocations(), answer->getLists()); // may forget the peer
  found = peers_.find(heard.from);
  if (found == peers_.end())
    return;
  entry.round_trip = heard.round_trip;
  if (auto theirs = answer->getClock(); theirs != 0 && entry.linked)
    clocks_.update(heard.from, ahead_of(theirs, now_.unix_micros, heard.round_trip));
  if (answer->getRedundant() && count_linked(&push_lane::to_it) > defaults::push_degree)
    entry.pushes.to_it = false;
  join_outcome joined;
  auto next = gossip::go_on(replica_, *answer, now_.unix_micros, contents_for(heard.from), joined);
  apply(joined, heard.from, false); // may forget the peer
  on_message({heard.from, answer->getRoot(), answer->getClaims(), heard.answer->bytes().size()});
  if (!next)
    warn_limited("Malformed gossip answer: " + text_of(next.error()) + " node=" + heard.from.value);
  found = peers_.find(heard.from);
  if (found == peers_.end() || !found->second.linked)
    return;
  if (next)
    listen(heard.from, found->second, *answer);
  if (next && *next)
    ask(heard.from, found->second, std::move(**next));
  else
    advance(heard.from, found->second);
}

void hive_core::on(const malformed_received& what) {
  counters_.malformed += what.messages;
  warn_limited("Received malformed messages count=" + std::to_string(what.messages) + " node=" + what.from.value);
}

void hive_core::on_message(const message_facts& what) {
  auto found = peers_.find(what.from);
  if (found == peers_.end())
    return; // its link was lost meanwhile
  auto& entry = found->second;
  entry.last_seen_unix_micros = now_.unix_micros;
  entry.same_root = gossip::has_same_root(replica_, what.root);
  counters_.received_bytes += what.bytes;
  if (auto wrong = membership_.apply_claims(gossip::claims_of(what.claims), now_.steady))
    warn_limited("Invalid membership claim: " + text_of(wrong) + " node=" + what.from.value);
  report_changes();
}

// -- what a join brought ---------------------------------------------------------

void hive_core::apply(const join_outcome& joined, const node_id& from, bool pushed) {
  for (const auto& refused : joined.refused)
    if (refused.why != slot_refusal_reason::superseded && refused.why != slot_refusal_reason::forgotten &&
        refused.why != slot_refusal_reason::unjudged && !(pushed && is_gap(refused)))
      warn_limited("Slot rejected: " + refused.text + " sender=" + from.value);
  forget_nodes(); // before new slots of these nodes are stored
  store_received(joined);
  for (const auto& each : joined.accepted) {
    deliver(each);
    if (each.what->name.kind != slot_kind::card)
      continue;
    membership_.learn_card(each.origin, each.what->stamp.epoch, now_.steady);
    compare_doors(each);
    keep_linked(each.origin);
  }
  for (const auto& origin : joined.quarantined) {
    auto* broke_rules = replica_.quarantine_of(origin);
    if (!broke_rules)
      continue;
    log(log::level::error, "Node is quarantined: " + broke_rules->text + " node=" + origin.value);
    membership_.set_quarantined(origin, true, now_.steady);
    withdraw(origin);
  }
  for (const auto& origin : joined.released) {
    membership_.set_quarantined(origin, false, now_.steady);
    deliver_all(origin);
  }
  report_changes();
  // A node that was away may learn much from an exchange that all others already have. Only what the sender wrote
  // itself is likely to be new to them.
  auto news = joined.news;
  if (!pushed)
    std::erase_if(news, [&](const auto& each) { return each.first != from; });
  if (!news.empty())
    spread(news, from, told_by(from, joined));
}

void hive_core::store_received(const join_outcome& joined) {
  write_set writes;
  for (const auto& each : joined.accepted)
    if (auto* key = replica_.key_of(each.origin))
      hive_store::put_slot(writes, each.origin.value, to_stored(*key, *each.what));
  for (const auto& origin : joined.quarantined) {
    auto* proven = replica_.quarantine_of(origin);
    if (!proven || !proven->is_proven())
      continue;
    auto proof = msg<wire::EquivocationProof>::build(
      [&](wire::EquivocationProof::Builder out) { to_wire(*replica_.key_of(origin), *proven, out); });
    if (proven->why == quarantine::kind::contradiction)
      hive_store::put_contradiction(writes, origin.value, proof);
    else
      hive_store::put_proof(writes, origin.value, proof);
    // Nobody takes a proof against a node whose card is not shown.
    if (auto card = replica_.credential_of(origin))
      hive_store::put_slot(writes, origin.value, to_stored(*replica_.key_of(origin), *card));
  }
  if (!writes.empty())
    out_.to_store.push_back({store_purpose::received, std::move(writes), 0});
}

// -- the ways of pushes ----------------------------------------------------------

size_t hive_core::count_linked(bool push_lane::*with) const {
  return static_cast<size_t>(
    std::ranges::count_if(peers_, [&](const auto& each) { return each.second.linked && each.second.pushes.*with; }));
}

/// Whether fewer links than wanted push to this node although more exist.
bool hive_core::wants_pushes() const {
  return count_linked(&push_lane::from_it) < std::min(defaults::push_degree, linked_nodes().size());
}

/// Called after the loss of a link: lets other peers take over its pushes.
void hive_core::widen_pushes() {
  auto missing = defaults::push_degree - std::min(defaults::push_degree, count_linked(&push_lane::to_it));
  std::vector<peer*> others;
  for (auto& [id, entry] : peers_)
    if (entry.linked && !entry.pushes.to_it)
      others.push_back(&entry);
  std::ranges::shuffle(others, random_);
  for (size_t i = 0; i < std::min(missing, others.size()); ++i)
    others[i]->pushes.to_it = true;
}

} // namespace hive
