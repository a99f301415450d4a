#include "actors/hive/federation/federation.hpp"
#include "actors/hive/state/slot_content.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <bit>
#include <caf/all.hpp>
#include <spdlog/spdlog.h>

// With whom a federation is linked.

namespace hive {

void federation_state::open(const door_opened& door) {
  door_ = door.door;
  introduce(door.self);
  replica_->visit_good([this](const node_id& origin, const slot_ptr& what) {
    if (what->name.kind == slot_kind::card)
      meet({origin, what});
  });
}

link_actor federation_state::offer(const link_offer& offered) {
  auto actor = self_->spawn(peer, offered.node, gossip_actor{caf::actor_cast<gossip_actor>(self_)});
  auto& entry = peers_[offered.node];
  entry.actor = actor;
  entry.hello = offered.hello;
  entry.holder = offered.holder;
  return actor;
}

void federation_state::connect(const link_up& up) {
  auto& entry = peers_[up.node];
  entry.linked = true;
  entry.same_root = false;
  entry.exchanging = false;
  entry.hello = up.hello;
  entry.reason.clear();
  entry.last_seen_unix_micros = now_unix_micros();
  membership_->link_up(up.node, up.hello->getEpoch(), std::chrono::steady_clock::now());
  tell_changes();
  self_->send(entry.actor, up);
  self_->send(entry.actor, begin_exchange{first_question(up.node, true)});
}

void federation_state::lose(const link_down& down) {
  auto found = peers_.find(down.node);
  if (found == peers_.end())
    return;
  found->second.linked = false;
  found->second.exchanging = false;
  found->second.last_seen_unix_micros = now_unix_micros();
  clocks_.forget(down.node);
  auto now = std::chrono::steady_clock::now();
  if (down.agreed) {
    membership_->link_ended(down.node, now);
  } else {
    found->second.reason = down.reason;
    membership_->link_down(down.node, down.reason, now);
    replace(down.node);
  }
  tell_changes();
  if (!replica_->key_of(down.node)) { // of no further use, and its machine may have many ids
    peers_.erase(found);
    membership_->forget(down.node);
  }
}

/// In a large hive the door does not dial by itself whom it lost.
void federation_state::replace(const node_id& lost) {
  if (!chooses_links_)
    return;
  self_->send(door_, part_node{lost});
  views_->link_lost(lost);
}

void federation_state::miss(const dial_failed& what) {
  views_->dial_failed(what.node);
  membership_->not_reached(what.node, what.reason, std::chrono::steady_clock::now());
  tell_changes();
}

void federation_state::part_from(const peer_farewell& said) {
  self_->send(door_, part_node{said.from, true});
}

void federation_state::meet(const accepted_slot& card) {
  auto said = card_of(*card.what);
  if (door_ && !is_large() && said && (*said)->getDoor().size() > 0 && card.origin != replica_->own_id())
    self_->send(door_, meet_node{card.origin, (*said)->getDoor().cStr()});
}

/// Of a node that is linked at one door another one is heard: worth a look by those who run it.
void federation_state::compare_doors(const accepted_slot& card) {
  auto found = peers_.find(card.origin);
  auto said = card_of(*card.what);
  if (found == peers_.end() || !found->second.linked || !said)
    return;
  const auto& hello = *found->second.hello;
  auto linked_at = as_view(hello.getCard().getDoor()), now_at = as_view((*said)->getDoor());
  if (card.what->stamp.epoch > hello.getEpoch() && !now_at.empty() && now_at != linked_at)
    complain("Node " + card.origin.value + " is linked at " + std::string{linked_at} + ", and its card says " +
             std::string{now_at} + ": it was moved just now, or another node runs with its identity");
}

// -- in a large hive ---------------------------------------------------------------

void federation_state::choose_links() {
  if (!door_ || !is_large())
    return;
  if (!std::exchange(chooses_links_, true))
    stop_dialling();
  membership_->set_time_to_refute(rounds(std::bit_width(replica_->origin_count()) + defaults::spare_rounds));
  auto wanted = views_->tick(linked_nodes(), [this] { return others(); });
  for (const auto& node : wanted.dial)
    dial(node);
  for (const auto& node : wanted.part)
    self_->send(door_, part_node{node});
}

/// Until now the door dialled all that it met.
void federation_state::stop_dialling() {
  spdlog::info("The hive has {} nodes: from now on this one keeps about {} links", replica_->origin_count(),
               options_.views.active);
  for (const auto& id : replica_->origins()) {
    auto found = peers_.find(id);
    if (found == peers_.end() || !found->second.linked)
      self_->send(door_, part_node{id});
  }
}

std::vector<node_id> federation_state::linked_nodes() const {
  std::vector<node_id> out;
  for (const auto& [id, entry] : peers_)
    if (entry.linked)
      out.push_back(id);
  return out;
}

unlinked_nodes federation_state::others() const {
  unlinked_nodes out;
  for (const auto& id : replica_->origins()) {
    auto found = peers_.find(id);
    if (id == replica_->own_id() || (found != peers_.end() && found->second.linked) || replica_->quarantine_of(id))
      continue;
    bool is_there = membership_->state_of(id) == member_state::ACTIVE;
    (is_there ? out.present : out.absent).push_back(id);
  }
  return out;
}

void federation_state::dial(const node_id& node) {
  auto card = replica_->find(node, {slot_kind::card, std::string{card_key}});
  auto said = card ? card_of(*card) : fail(ec::no_data, "node " + node.value + " showed no card");
  if (said && (*said)->getDoor().size() > 0)
    self_->send(door_, dial_node{node, (*said)->getDoor().cStr()});
  else
    views_->dial_failed(node);
}

} // namespace hive
