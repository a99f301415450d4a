#include "actors/hive/core/hive_core.hpp"
#include "messages/text.hpp"

#include <bit>

// Links: which ones exist, and which ones to open or close.

namespace hive {

void hive_core::on(const door_opened& door) {
  has_door_ = true;
  options_.self = door.self;
  write_card(door.self->getCard().getWrittenAt());
  for (const auto& origin : replica_.origins())
    if (!replica_.quarantine_of(origin))
      keep_linked(origin);
}

void hive_core::on(const link_offer& offered) {
  auto& entry = peers_[offered.node];
  entry.hello = offered.hello;
  entry.holder = offered.holder;
}

void hive_core::on(const link_up& up) {
  auto& entry = peers_[up.node];
  entry.linked = true;
  entry.same_root = false;
  entry.asking = false;
  entry.pushes = {};
  entry.hello = up.hello;
  entry.reason.clear();
  entry.last_seen_unix_micros = now_.unix_micros;
  entry.hearing_exchanges = 0;
  entry.lists_known.clear();
  entry.lists_told.clear();
  entry.lists_named = false;
  hearing_.link_up(up.node, now_.steady);
  membership_.link_up(up.node, up.hello->getEpoch(), now_.steady);
  report_changes();
  entry.round_due = true;
  entry.wants_evidence = true;
  advance(up.node, entry);
}

void hive_core::on(const link_down& down) {
  auto found = peers_.find(down.node);
  if (found == peers_.end())
    return;
  auto& entry = found->second;
  entry.linked = false;
  entry.asking = false;
  entry.round_due = false;
  entry.last_seen_unix_micros = now_.unix_micros;
  clocks_.forget(down.node);
  hearing_.link_down(down.node);
  widen_pushes();
  if (down.agreed) {
    membership_.link_closed(down.node, now_.steady);
  } else {
    entry.reason = down.reason;
    membership_.link_down(down.node, down.reason, now_.steady);
    replace(down.node);
  }
  report_changes();
  if (is_revoked(down.node) || revoked_.forgets(down.node))
    out_.to_door.emplace_back(close_link{down.node}); // is not dialled until its card has another certificate
  if (!replica_.key_of(down.node)) {                  // no state is kept: a stranger may connect under many ids
    peers_.erase(found);
    membership_.forget(down.node);
  }
}

/// In a large hive the door does not redial by itself; the overlay chooses.
void hive_core::replace(const node_id& lost) {
  if (!chooses_links_)
    return;
  out_.to_door.emplace_back(close_link{lost});
  overlay_.link_lost(lost);
}

void hive_core::on(const dial_failed& what) {
  overlay_.dial_failed(what.node);
  membership_.dial_failed(what.node, what.reason, now_.steady);
  report_changes();
}

void hive_core::on(const close_received& closed) {
  out_.to_door.emplace_back(close_link{closed.from, true});
}

void hive_core::on(links_used what) {
  used_links_ = std::move(what.nodes);
}

void hive_core::on(const link_wanted& what) {
  auto found = peers_.find(what.node);
  if (has_door_ && (found == peers_.end() || !found->second.linked))
    dial(what.node);
}

void hive_core::keep_linked(const node_id& node) {
  const auto* card = card_of(node);
  if (has_door_ && !is_large() && !is_revoked(node) && card && (*card)->getDoor().size() > 0 &&
      node != replica_.own_id())
    out_.to_door.emplace_back(maintain_link{node, (*card)->getDoor().cStr()});
}

/// Warns when the card of a linked node names a different door than its hello, so that the operator can check.
void hive_core::compare_doors(const accepted_slot& card) {
  auto found = peers_.find(card.origin);
  const auto* published = content_as<msg<wire::NodeCard>>(card.content);
  if (found == peers_.end() || !found->second.linked || !published)
    return;
  const auto& hello = *found->second.hello;
  auto linked_at = as_view(hello.getCard().getDoor()), now_at = as_view((*published)->getDoor());
  if (card.what->stamp.epoch > hello.getEpoch() && !now_at.empty() && now_at != linked_at)
    warn_limited("A card names another door than its node is linked at: the node was moved just now, or another node "
                 "runs with its identity node=" +
                 card.origin.value + " linked_at=" + std::string{linked_at} + " card=" + std::string{now_at});
}

// -- in a large hive ---------------------------------------------------------------

void hive_core::choose_links() {
  if (!has_door_ || !is_large())
    return;
  if (!std::exchange(chooses_links_, true))
    stop_dialling();
  membership_.set_time_to_refute(rounds(std::bit_width(replica_.origin_count()) + defaults::spare_rounds));
  auto spare = linked_nodes();
  std::erase_if(spare, [this](const node_id& node) { return used_links_.contains(node) || is_reader(node); });
  auto wanted = overlay_.tick(std::move(spare), [this] { return others(); });
  for (const auto& node : wanted.dial)
    dial(node);
  for (const auto& node : wanted.close)
    out_.to_door.emplace_back(close_link{node});
  dial_readers();
}

/// The door does not dial again where it dials already.
void hive_core::dial_readers() {
  std::set<node_id> readers;
  for (const auto& [kind, nodes] : readers_)
    readers.insert(nodes.begin(), nodes.end());
  for (const auto& node : readers) {
    auto found = peers_.find(node);
    bool is_linked = found != peers_.end() && found->second.linked;
    if (!is_linked && node != replica_.own_id() && membership_.state_of(node) == member_state::ACTIVE)
      dial(node);
  }
}

/// Until this call the door dialled every node with a higher id.
void hive_core::stop_dialling() {
  log(log::level::info, "The hive is too large for a full mesh: this node now keeps a few links nodes=" +
                          std::to_string(replica_.origin_count()) +
                          " links=" + std::to_string(options_.overlay.active));
  for (const auto& id : replica_.origins()) {
    auto found = peers_.find(id);
    if (found == peers_.end() || !found->second.linked)
      out_.to_door.emplace_back(close_link{id});
  }
}

std::vector<node_id> hive_core::linked_nodes() const {
  std::vector<node_id> out;
  for (const auto& [id, entry] : peers_)
    if (entry.linked)
      out.push_back(id);
  return out;
}

unlinked_nodes hive_core::others() const {
  unlinked_nodes out;
  for (const auto& id : replica_.origins()) {
    auto found = peers_.find(id);
    if (id == replica_.own_id() || (found != peers_.end() && found->second.linked) || replica_.quarantine_of(id))
      continue;
    bool is_there = membership_.state_of(id) == member_state::ACTIVE;
    (is_there ? out.present : out.absent).push_back(id);
  }
  return out;
}

void hive_core::dial(const node_id& node) {
  const auto* card = card_of(node);
  if (card && (*card)->getDoor().size() > 0 && !is_revoked(node))
    out_.to_door.emplace_back(open_link{node, (*card)->getDoor().cStr()});
  else
    overlay_.dial_failed(node);
}

} // namespace hive
