#include "actors/hive/roster.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link_face.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <algorithm>
#include <caf/all.hpp>

namespace hive {

void roster_state::set_self(const msg<wire::Hello>& self) {
  nodes_.insert_or_assign(node_id{std::string{as_view(self->getNode())}}, entry{self, true, true, 0, {}});
}

void roster_state::add(const link_up& up) {
  if (!nodes_.contains(up.node) && nodes_.size() >= defaults::max_known_nodes)
    make_room();
  nodes_.insert_or_assign(up.node, entry{up.hello, true, false, 0, {}});
}

void roster_state::lose(const link_down& down, int64_t now_unix_micros) {
  auto found = nodes_.find(down.node);
  if (found == nodes_.end())
    return;
  found->second.linked = false;
  found->second.last_seen_unix_micros = now_unix_micros;
  found->second.reason = down.reason;
}

/// Forgets the node that has been gone for longest.
void roster_state::make_room() {
  auto gone_longer = [](const auto& a, const auto& b) {
    return std::pair{a.second.linked, a.second.last_seen_unix_micros} <
           std::pair{b.second.linked, b.second.last_seen_unix_micros};
  };
  auto oldest = std::min_element(nodes_.begin(), nodes_.end(), gone_longer);
  if (!oldest->second.linked)
    nodes_.erase(oldest);
}

msg<wire::NodeList> roster_state::list(int64_t now_unix_micros) const {
  return msg<wire::NodeList>::build([&](wire::NodeList::Builder out) {
    auto list = out.initNodes(static_cast<uint32_t>(nodes_.size()));
    uint32_t i = 0;
    for (const auto& [id, node] : nodes_) {
      auto to = list[i++];
      auto card = node.hello->getCard();
      to.setId(id.value);
      to.setName(card.getName());
      to.setState(node.linked ? wire::MemberState::ACTIVE : wire::MemberState::SUSPECT);
      to.setTier(card.getTier());
      if (card.getDoor().size() > 0)
        to.setAddress(card.getDoor());
      to.setLastSeen(node.linked ? now_unix_micros : node.last_seen_unix_micros);
      to.setSelf(node.self);
      to.setEpoch(node.hello->getEpoch());
      to.setLabels(card.getLabels());
      to.setGpus(card.getGpus());
      to.setSoftware(card.getSoftware());
      if (!node.reason.empty())
        to.setReason(node.reason);
    }
  });
}

roster_actor::behavior_type roster(roster_actor::stateful_pointer<roster_state> self, const msg<wire::Hello>& own) {
  self->state.set_self(own);
  return {[self](const door_opened& door) { self->state.set_self(door.self); },
          [self](const link_offer&) { return self->spawn(link_face); },
          [self](const link_up& up) { self->state.add(up); },
          [self](const link_down& down) { self->state.lose(down, now_unix_micros()); },
          [self](const msg<wire::NodeQuery>&) { return self->state.list(now_unix_micros()); }};
}

} // namespace hive
