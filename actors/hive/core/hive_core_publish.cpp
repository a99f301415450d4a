#include "actors/hive/core/hive_core.hpp"

#include "messages/change.hpp"
#include "messages/packed.hpp"
#include "messages/timestamp.hpp"
#include "storage/hive_store.hpp"

#include <algorithm>

// What this node publishes: its card, the slots of its services, and its epoch.

namespace hive {
// -- topics ----------------------------------------------------------------------

void hive_core::on(publish_slots what) {
  want(std::move(what));
  publish_changed();
}

void hive_core::on(publish_together what) {
  for (auto& each : what.kinds)
    want(std::move(each));
  publish_changed();
}

/// Takes what a service wants to have published; it is written when it is due.
void hive_core::want(publish_slots what) {
  if (!rules_of(what.kind))
    return log(log::level::error, "Cannot publish slots: this node has no such topic kind=" +
                                    std::to_string(static_cast<uint16_t>(what.kind)));
  if (!hearing_.is_over())
    show_own(what);
  if (own_.want(what.kind, std::move(what.payloads)))
    paces_[what.kind].changed = true;
}

void hive_core::on(slots_admitted what) {
  if (!own_.admit(what.kind))
    return;
  paces_[what.kind].changed = true;
  publish_changed();
}

void hive_core::on(slot_readers what) {
  readers_[what.kind] = std::move(what.nodes);
}

bool hive_core::is_reader(const node_id& node) const {
  return std::ranges::any_of(readers_, [&](const auto& each) { return each.second.contains(node); });
}

bool hive_core::is_urgent(slot_kind kind) const {
  const auto* rules = rules_of(kind);
  return rules && rules->is_urgent;
}

std::chrono::milliseconds hive_core::pace() const {
  return std::max<std::chrono::milliseconds>(defaults::min_publish_interval,
                                             options_.gossip.interval / defaults::publications_per_round);
}

void hive_core::publish_changed() {
  bool any = false, any_urgent = false;
  for (auto& [kind, pace_of] : paces_) {
    if (!pace_of.changed)
      continue;
    auto published = is_urgent(kind) ? urgent_published_ : pace_of.published;
    auto spacing = is_urgent(kind) ? defaults::urgent_interval : pace();
    if (published && now_.steady < *published + spacing) {
      wake_at(*published + spacing);
      continue;
    }
    pace_of = {now_.steady, false};
    any = true;
    any_urgent |= is_urgent(kind);
  }
  if (any_urgent)
    urgent_published_ = now_.steady;
  if (any)
    write_own();
}

// -- writing ---------------------------------------------------------------------

void hive_core::put_own_slots(write_set& writes, const std::vector<slot_ptr>& slots) const {
  for (const auto& each : slots)
    hive_store::put_slot(writes, replica_.own_id().value, to_stored(options_.keys.public_part(), *each));
}

void hive_core::write_own() {
  own_changed_ = true;
  if (!hearing_.is_over() || !writing_own_.empty() || replica_.must_raise_epoch())
    return; // a write follows what is waited for
  own_changed_ = false;
  std::vector<caf::error> left_out;
  auto next = own_.prepare(replica_, now_.unix_micros, left_out);
  for (const auto& each : left_out)
    log(log::level::warning, "Cannot publish a slot: " + text_of(each));
  if (next.empty())
    return;
  auto& order = out_.to_store.emplace_back(store_order{store_purpose::own_slots, {}, 0});
  put_own_slots(order.writes, next);
  writing_own_ = std::move(next);
}

void hive_core::on(const store_done& outcome) {
  switch (outcome.purpose) {
  case store_purpose::own_slots:
    if (!outcome.error)
      return commit_own();
    writing_own_.clear();
    own_changed_ = true; // retried at the next pulse
    return log(log::level::warning, "Own slots could not be stored: " + text_of(outcome.error));
  case store_purpose::epoch:
    return outcome.error ? fail_to_raise(outcome.error) : begin_epoch(outcome.epoch);
  case store_purpose::received:
    if (outcome.error) // they are in memory, and other nodes send them again after a restart
      log(log::level::warning, "Slots of other nodes could not be stored: " + text_of(outcome.error));
    return;
  case store_purpose::forgotten:
    if (outcome.error) // the next start forgets them again
      log(log::level::warning, "Forgotten nodes could not be erased: " + text_of(outcome.error));
    return;
  case store_purpose::revoked:
    revoked_unsaved_ = outcome.error != caf::none; // retried at the next pulse
    if (outcome.error)
      log(log::level::error, "Revocation lists could not be stored: " + text_of(outcome.error));
    return;
  }
}

void hive_core::commit_own() {
  const auto& self = replica_.own_id();
  auto before = replica_.highest_of(self);
  std::set<node_id> hurried;
  for (const auto& each : std::exchange(writing_own_, {})) {
    if (auto wrong = replica_.commit(each)) {
      log(log::level::error, "Own slot could not be committed: " + text_of(wrong));
      continue;
    }
    if (auto content = decode(*each))
      deliver({self, each, *content});
    if (auto readers = readers_.find(each->name.kind); readers != readers_.end() && is_urgent(each->name.kind))
      hurried.insert(readers->second.begin(), readers->second.end());
  }
  out_.to_note = replica_.highest_of(self);
  hurry({{self, before}}, hurried);
  spread({{self, before}}, self, hurried);
  forget_nodes(); // the own card may supersede a node
  if (own_changed_)
    write_own();
}

// -- the own card ----------------------------------------------------------------

void hive_core::write_card(int64_t written_at) {
  auto card = changed(msg<wire::NodeCard>::copy_of(options_.self->getCard()),
                      [&](wire::NodeCard::Builder out) { out.setWrittenAt(written_at); });
  card_written_ = now_.steady;
  own_.want(slot_kind::card, {{std::string{card_key}, to_packed(card)}});
  write_own();
}

/// Does nothing while this clock seems wrong: other nodes would refuse the card and all later slots.
void hive_core::refresh_card() {
  const auto* card = card_of(replica_.own_id());
  if (!has_door_ || !card || !writing_own_.empty() || clocks_.verdict().own_is_off)
    return;
  auto now = now_.unix_micros;
  const auto& dates = options_.certificates;
  if (dates && (now < dates->own_from * micros_per_s || now >= dates->own_until * micros_per_s))
    return;
  bool is_of_future = (*card)->getWrittenAt() > now + options_.bounds.card_lead.count();
  if (is_of_future || now_.steady - card_written_ >= defaults::card_refresh)
    write_card(now);
}

// -- the epoch -------------------------------------------------------------------

void hive_core::raise_epoch() {
  if (!replica_.must_raise_epoch() || raising_epoch_ || has_twin_ || !hearing_.is_over())
    return;
  if (raise_failure_.empty() && !raises_.allow(now_.steady)) {
    has_twin_ = true;
    return log(
      log::level::error,
      "Another node runs with this node's identity, probably on a copy of its data directory. This node publishes "
      "nothing until its next start: stop one of the two, and start it on an empty data directory node=" +
        replica_.own_id().value);
  }
  auto& order = out_.to_store.emplace_back(store_order{store_purpose::epoch, {}, replica_.highest_own_epoch() + 1});
  put_own_slots(order.writes, replica_.slots_of(replica_.own_id()));
  raising_epoch_ = true;
}

void hive_core::fail_to_raise(const caf::error& error) {
  raising_epoch_ = false;
  if (auto why = text_of(error); std::exchange(raise_failure_, why) != why)
    log(log::level::error, "Epoch could not be raised, will retry: " + why);
}

void hive_core::begin_epoch(uint64_t epoch) {
  if (auto wrong = replica_.raise_epoch(epoch))
    return fail_to_raise(wrong); // higher epochs arrived meanwhile
  raising_epoch_ = false;
  raise_failure_.clear();
  log(log::level::warning,
      "The store is older than what this node published: continuing in a later epoch epoch=" + std::to_string(epoch));
  membership_.raise_epoch(epoch);
  write_own();
}

} // namespace hive
