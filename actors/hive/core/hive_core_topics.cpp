#include "actors/hive/core/hive_core.hpp"

// Delivery of other nodes' slots to the services of this node.

namespace hive {

caf::expected<slot_content> hive_core::decode(const slot& what) const {
  if (what.payload.empty())
    return slot_content{};
  if (what.name.kind == slot_kind::card)
    return decode_card(what);
  const auto* rules = rules_of(what.name.kind);
  return rules ? rules->decode(what.name.key, what.payload) : slot_content{};
}

void hive_core::keep(const node_id& origin, const slot& what, const slot_content& content) {
  if (const auto* card = content_as<msg<wire::NodeCard>>(content); card && what.name.kind == slot_kind::card) {
    cards_.insert_or_assign(origin, *card);
    keep_certificate(origin, **card);
    return;
  }
  const auto* rules = rules_of(what.name.kind);
  if (!rules || !rules->describe)
    return;
  if (content)
    contents_[origin][what.name] = content;
  else if (auto found = contents_.find(origin); found != contents_.end())
    found->second.erase(what.name);
}

const msg<wire::NodeCard>* hive_core::card_of(const node_id& node) const {
  auto found = cards_.find(node);
  return found == cards_.end() ? nullptr : &found->second;
}

void hive_core::deliver(const accepted_slot& each) {
  keep(each.origin, *each.what, each.content);
  const auto* rules = rules_of(each.what->name.kind);
  bool is_own = each.origin == replica_.own_id();
  if (!rules || (is_own && !rules->waits_for_admission) || replica_.quarantine_of(each.origin))
    return;
  if (!out_.to_publish.empty())
    if (auto* last = std::get_if<slots_accepted>(&out_.to_publish.back());
        last && last->kind == each.what->name.kind && last->origin == each.origin) {
      last->slots.push_back({each.what->name.key, each.content});
      return;
    }
  out_.to_publish.emplace_back(
    slots_accepted{each.what->name.kind, each.origin, {{each.what->name.key, each.content}}});
}

/// Called after a restart, and when a quarantine ends.
void hive_core::deliver_all(const node_id& origin) {
  for (const auto& what : replica_.slots_of(origin)) {
    auto content = decode(*what);
    if (content)
      deliver({origin, what, *content});
    else
      log(log::level::error, "A stored slot cannot be decoded: " + text_of(content.error()) + " node=" + origin.value);
  }
}

void hive_core::withdraw(const node_id& origin) {
  for (const auto& [kind, rules] : topics_)
    out_.to_publish.emplace_back(slots_withdrawn{kind, origin});
}

} // namespace hive
