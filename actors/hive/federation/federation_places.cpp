#include "actors/hive/federation/federation.hpp"
#include "actors/hive/link/link_table.hpp"
#include "actors/hive/state/slot_content.hpp"
#include "messages/change.hpp"
#include "messages/packed.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <bit>
#include <caf/all.hpp>
#include <spdlog/spdlog.h>

// Who has a place in the hive, for how long, and by which certificate.

namespace hive {
namespace {

constexpr int64_t micros_per_s = 1'000'000;

} // namespace

// -- evidence --------------------------------------------------------------------

void federation_state::meet_members() {
  auto now = std::chrono::steady_clock::now();
  for (const auto& id : replica_->origins())
    if (auto card = replica_->find(id, {slot_kind::card, std::string{card_key}}))
      membership_->met(id, card->stamp.epoch, now);
}

std::chrono::milliseconds federation_state::rounds(int count) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(count * options_.gossip.interval);
}

/// News of a node that is not linked travels in rounds: through a few nodes in a small hive, and in a large one through
/// many, with each answer telling of a part of the nodes only.
void federation_state::set_patience() {
  auto hops = std::bit_width(replica_->origin_count()) + defaults::spare_rounds;
  membership_->set_patience(
    std::max<std::chrono::milliseconds>(defaults::min_belief,
                                        rounds(is_large() ? defaults::large_belief_rounds : defaults::belief_rounds)),
    options_.membership.prove_within + rounds(is_large() ? hops : 2));
}

// -- nodes that are forgotten ----------------------------------------------------

void federation_state::forget_nodes() {
  auto gone = replica_->take_forgotten();
  if (gone.empty())
    return;
  write_set writes;
  for (const auto& id : gone) {
    spdlog::info("Node {} is forgotten: a newer node has its certificate or its place", id.value);
    hive_store::erase_origin(writes, id.value);
    membership_->forget(id);
    drop_from_tracker(id);
    if (auto found = peers_.find(id); found != peers_.end() && !found->second.linked)
      peers_.erase(found);
    else if (found != peers_.end())
      membership_->link_up(id, found->second.hello->getEpoch(), std::chrono::steady_clock::now());
    else if (door_)
      self_->send(door_, part_node{id}); // it is not dialled any more
  }
  self_->request(services_.committer, caf::infinite, std::move(writes))
    .then([](const committed&) {},
          [](const caf::error& error) {
            // The next start forgets them again.
            spdlog::warn("Nodes that are forgotten could not be erased: {}", text_of(error));
          });
}

// -- one node for each certificate -----------------------------------------------

std::optional<node_id> federation_state::living_node_of(const std::string& holder, const node_id& but) const {
  const auto* place = replica_->node_of(holder);
  if (!place || *place == but || (*place != replica_->own_id() && !membership_->may_live(*place)))
    return std::nullopt;
  return *place;
}

/// A node that is not heard yet but may be, such as just after this node's start, is given time if its card is the
/// newer one.
caf::result<caf::ok_atom> federation_state::admit(const link_candidate& who) const {
  if (who.holder.empty())
    return caf::ok_atom::value;
  if (auto living = living_node_of(who.holder, who.node))
    return in_use(who.node, *living);
  const auto* place = replica_->node_of(who.holder);
  if (place && *place != who.node && membership_->is_in_doubt(*place)) {
    auto held = replica_->find(*place, {slot_kind::card, std::string{card_key}});
    auto card = held ? card_of(*held) : fail(ec::no_data, "no card");
    if (card && (*card)->getWrittenAt() > who.card_written_at)
      return in_use(who.node, *place);
  }
  return caf::ok_atom::value;
}

void federation_state::close_superseded_links() {
  for (const auto& [id, entry] : peers_)
    if (entry.linked && !entry.holder.empty())
      if (auto living = living_node_of(entry.holder, id)) {
        complain("Nodes " + id.value + " and " + living->value +
                 " have one certificate and live both: the newer one counts, and the link with the other is closed");
        self_->send(door_, part_node{id, true, text_of(in_use(id, *living))});
      }
}

void federation_state::watch_own_place() {
  auto rival = replica_->newer_on_own_certificate();
  if (!rival) {
    if (taken_by_)
      spdlog::info("No newer node has this node's certificate any more");
    taken_by_.reset();
    return;
  }
  if (membership_->may_live(rival->node)) {
    if (std::exchange(taken_by_, rival->node) != rival->node)
      spdlog::error("Node {} has this node's certificate and a newer card: the hive counts it in place of this node. "
                    "Issue a certificate of its own for each node (hivectl node issue), and start this one with it",
                    rival->node.value);
    return;
  }
  // It is gone, and its clock was ahead of this one.
  if (!membership_->is_in_doubt(rival->node) && !writing_own_ && !replica_->must_raise_epoch() &&
      card_claims_.allow(std::chrono::steady_clock::now()))
    write_card(rival->card_written_at + 1);
}

// -- the own card ----------------------------------------------------------------

void federation_state::write_card(int64_t written_at) {
  auto card = changed(msg<wire::NodeCard>::copy_of(options_.self->getCard()),
                      [&](wire::NodeCard::Builder out) { out.setWrittenAt(written_at); });
  card_written_ = std::chrono::steady_clock::now();
  own_.want(slot_kind::card, {{std::string{card_key}, to_packed(card)}});
  write_own();
}

/// Not with a clock that is wrong, as far as this node can tell: the others would refuse the card, and all behind it.
void federation_state::refresh_card() {
  auto held = replica_->find(replica_->own_id(), {slot_kind::card, std::string{card_key}});
  auto card = held ? card_of(*held) : fail(ec::no_data, "no card");
  if (!door_ || !card || writing_own_ || clocks_.verdict().own_is_off)
    return;
  auto now = now_unix_micros();
  const auto& dates = options_.certificates;
  if (dates && (now < dates->own_from * micros_per_s || now >= dates->own_until * micros_per_s))
    return;
  bool is_of_future = (*card)->getWrittenAt() > now + options_.bounds.card_lead.count();
  if (is_of_future || std::chrono::steady_clock::now() - card_written_ >= defaults::card_refresh)
    write_card(now);
}

void federation_state::warn_of_expiry() {
  for (const auto& each : expiry_.tick(now_unix_micros() / micros_per_s)) {
    if (each.is_urgent)
      spdlog::error("{}: without a valid one no link can be made", each.text);
    else
      spdlog::warn("{}: without a valid one no link can be made", each.text);
  }
}

} // namespace hive
