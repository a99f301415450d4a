#include "actors/hive/core/hive_core.hpp"

#include "messages/timestamp.hpp"
#include "storage/hive_store.hpp"

#include <algorithm>
#include <bit>

// Which nodes have a place in the hive: evidence, certificates, expiry.

namespace hive {
// -- evidence --------------------------------------------------------------------

void hive_core::add_known_members() {
  for (const auto& id : replica_.origins())
    if (auto card = replica_.find(id, {slot_kind::card, std::string{card_key}}))
      membership_.learn_card(id, card->stamp.epoch, now_.steady);
}

std::chrono::milliseconds hive_core::rounds(int count) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(count * options_.gossip.interval);
}

/// Evidence about nodes without a link arrives by gossip rounds: over few hops in a small hive, over many in a large
/// one, where each answer covers only a part of the nodes.
void hive_core::set_patience() {
  auto hops = std::bit_width(replica_.origin_count()) + defaults::spare_rounds;
  membership_.set_patience(
    std::max<std::chrono::milliseconds>(defaults::min_belief,
                                        rounds(is_large() ? defaults::large_belief_rounds : defaults::belief_rounds)),
    options_.membership.prove_within + rounds(is_large() ? hops : 2));
}

// -- nodes that are forgotten ----------------------------------------------------

void hive_core::forget_nodes() {
  auto gone = replica_.take_forgotten();
  if (gone.empty())
    return;
  write_set writes;
  for (const auto& id : gone) {
    log(log::level::info,
        std::string{"Node is forgotten: "} +
          (revoked_.forgets(id) ? "its CA has forgotten it" : "a newer node has its certificate or its place") +
          " node=" + id.value);
    hive_store::erase_origin(writes, id.value);
    membership_.forget(id);
    cards_.erase(id);
    certificates_.erase(id);
    contents_.erase(id);
    withdraw(id);
    if (auto found = peers_.find(id); found != peers_.end() && !found->second.linked)
      peers_.erase(found);
    else if (found != peers_.end())
      membership_.link_up(id, found->second.hello->getEpoch(), now_.steady);
    else if (has_door_)
      out_.to_door.emplace_back(close_link{id}); // stops dialling it
  }
  out_.to_store.push_back({store_purpose::forgotten, std::move(writes), 0});
}

// -- one node for each certificate -----------------------------------------------

std::optional<node_id> hive_core::live_node_with(const std::string& holder, const node_id& but) const {
  const auto* place = replica_.node_of(holder);
  if (!place || *place == but || (*place != replica_.own_id() && !membership_.may_live(*place)))
    return std::nullopt;
  return *place;
}

/// If a node has had no contact yet, for example just after this node's start, and its card is the newer one, it gets
/// time to appear.
std::optional<node_id> hive_core::certificate_conflict(const link_candidate& candidate) const {
  if (candidate.holder.empty())
    return std::nullopt;
  if (auto living = live_node_with(candidate.holder, candidate.node))
    return living;
  const auto* place = replica_.node_of(candidate.holder);
  if (!place || *place == candidate.node || !membership_.is_in_doubt(*place))
    return std::nullopt;
  const auto* card = card_of(*place);
  return card && (*card)->getWrittenAt() > candidate.card_written_at ? std::optional{*place} : std::nullopt;
}

void hive_core::close_superseded_links() {
  for (const auto& [id, entry] : peers_)
    if (entry.linked && !entry.holder.empty())
      if (auto living = live_node_with(entry.holder, id)) {
        warn_limited(
          "Two live nodes have one certificate: the one with the newer card counts, and the link with the other "
          "is closed node=" +
          id.value + " newer=" + living->value);
        out_.to_door.emplace_back(close_link{id, true, living});
      }
}

void hive_core::watch_own_place() {
  auto rival = replica_.newer_on_own_certificate();
  if (!rival) {
    if (superseded_by_)
      log(log::level::info, "No newer node has this node's certificate any more");
    superseded_by_.reset();
    return;
  }
  if (membership_.may_live(rival->node)) {
    if (std::exchange(superseded_by_, rival->node) != rival->node)
      log(log::level::error,
          "A newer node has this node's certificate: the hive counts it in place of this node. Issue a certificate of "
          "its own for each node (hivectl node issue), and start this one with it node=" +
            rival->node.value);
    return;
  }
  // The rival is gone, and its clock was ahead of this one.
  if (!membership_.is_in_doubt(rival->node) && hearing_.is_over() && writing_own_.empty() &&
      !replica_.must_raise_epoch() && card_claims_.allow(now_.steady))
    write_card(rival->card_written_at + 1);
}

void hive_core::warn_of_expiry() {
  for (const auto& each : expiry_.tick(now_.unix_micros / micros_per_s))
    log(each.is_urgent ? log::level::error : log::level::warning,
        each.text + ": without a valid one no link can be made");
}

} // namespace hive
