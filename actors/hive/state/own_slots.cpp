#include "actors/hive/state/own_slots.hpp"

#include <algorithm>
#include <utility>

namespace hive {
namespace {

/// A slot whose payload changes.
struct change {
  slot_name name;
  std::string_view payload;
  bool needs_room;
  bool yields;

  /// Changes that free space go first, yielding topics last; otherwise by name, which begins with the card.
  auto order() const {
    return std::pair{needs_room, yields};
  }
};

} // namespace

bool own_slots::want(slot_kind kind, std::map<std::string, std::string> payloads) {
  if (waiting_.contains(kind)) {
    kept_aside_[kind] = std::move(payloads);
    return false;
  }
  auto found = wanted_.find(kind);
  if (found != wanted_.end() && found->second == payloads)
    return false;
  wanted_[kind] = std::move(payloads);
  return true;
}

bool own_slots::admit(slot_kind kind) {
  if (waiting_.erase(kind) == 0)
    return false;
  auto kept = kept_aside_.extract(kind);
  return !kept.empty() && want(kind, std::move(kept.mapped()));
}

std::vector<slot_ptr> own_slots::prepare(replica& by, int64_t now_unix_micros, std::vector<caf::error>& left_out) {
  by.forget_prepared();
  std::set<slot_name> beyond, refused;
  auto published = by.slots_of(by.own_id());
  std::vector<change> changes;
  for (const auto& [name, payload] : target(published, beyond)) {
    auto held = by.find(by.own_id(), name);
    if (!held || held->payload != payload)
      changes.push_back({name, payload, !held || held->payload.size() < payload.size(), yielding_.contains(name.kind)});
  }
  std::ranges::stable_sort(changes, {}, &change::order);
  std::vector<slot_ptr> out;
  for (const auto& each : changes) {
    auto made = by.prepare(each.name, std::string{each.payload}, now_unix_micros);
    if (made) {
      out.push_back(std::move(*made));
    } else {
      if (!refused_.contains(each.name))
        left_out.push_back(std::move(made.error()));
      refused.insert(each.name);
    }
  }
  name_beyond(beyond, left_out);
  beyond_ = std::move(beyond);
  refused_ = std::move(refused);
  return out;
}

own_slots::payloads_by_name own_slots::target(const std::vector<slot_ptr>& published,
                                              std::set<slot_name>& beyond) const {
  payloads_by_name out;
  for (const auto& each : published)
    out[each->name] = wanted_.contains(each->name.kind) ? std::string_view{} : each->payload;
  for (const auto& [kind, payloads] : wanted_)
    if (!yielding_.contains(kind))
      for (const auto& [key, payload] : payloads)
        out[{kind, key}] = payload;
  for (const auto& [kind, topic] : yielding_)
    add_yielding(kind, topic.quota, out, beyond);
  return out;
}

/// Adds slots in the order of their names, so that the same ones are published each time.
void own_slots::add_yielding(slot_kind kind, const slot_quota& quota, payloads_by_name& to,
                             std::set<slot_name>& beyond) const {
  auto wanted = wanted_.find(kind);
  if (wanted == wanted_.end())
    return;
  size_t names = 0, bytes = 0;
  for (const auto& [name, payload] : to) {
    names += name.kind == kind;
    bytes += apart_.contains(name.kind) ? 0 : name.key.size() + payload.size();
  }
  for (const auto& [key, payload] : wanted->second) {
    slot_name name{kind, key};
    bool is_new = !to.contains(name);
    auto more = payload.size() + (is_new ? key.size() : 0);
    if ((is_new && names >= quota.keys) || bytes + more > quota.bytes) {
      beyond.insert(std::move(name));
      continue;
    }
    names += is_new;
    bytes += more;
    to[std::move(name)] = payload;
  }
}

void own_slots::name_beyond(const std::set<slot_name>& beyond, std::vector<caf::error>& left_out) const {
  for (const auto& [kind, topic] : yielding_) {
    std::vector<slot_name> of_kind;
    std::ranges::copy_if(beyond, std::back_inserter(of_kind), [&](const auto& each) { return each.kind == kind; });
    if (of_kind.empty() || std::ranges::includes(beyond_, of_kind))
      continue;
    left_out.push_back(fail(ec::too_large, std::to_string(of_kind.size()) + " slots of topic " + topic.name + ", " +
                                             of_kind.front().key + " to " + of_kind.back().key +
                                             ", do not fit beside the others: at most " +
                                             std::to_string(topic.quota.keys) + " keys and " +
                                             std::to_string(topic.quota.bytes) + " bytes of all that it tells"));
  }
}

} // namespace hive
