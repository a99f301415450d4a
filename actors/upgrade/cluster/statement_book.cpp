#include "actors/upgrade/cluster/statement_book.hpp"

#include "actors/upgrade/cluster/gate_topics.hpp"

#include <set>

namespace hive {
namespace {

statement_book::name name_of(const gate::statement& what) {
  return {what.type, what.track};
}

} // namespace

void statement_book::restore(gate::statement_ptr own) {
  auto which = name_of(*own);
  told_[which] = own;
  own_[which] = std::move(own);
}

void statement_book::restore_value(gate::statement_ptr value) {
  auto track = value->track;
  kept_[track] = std::move(value);
}

bool statement_book::hear(const gate::statement_ptr& what) {
  bool is_own = what->origin == self_;
  auto& known = is_own ? own_[name_of(*what)] : heard_[what->origin][name_of(*what)];
  if (known && !what->is_newer_than(*known))
    return false;
  known = what;
  if (is_own)
    told_[name_of(*what)] = what;
  return true;
}

void statement_book::forget(const node_id& origin) {
  heard_.erase(origin);
}

void statement_book::write(const gate::statements& slots, const gate::statements& kept) {
  for (const auto& each : slots)
    own_[name_of(*each)] = each;
  for (const auto& each : kept)
    kept_[each->track] = each;
}

publish_slots statement_book::slots_of(gate::slot_type type) const {
  publish_slots out{kind_of(type), {}};
  for (const auto& [which, slot] : told_)
    if (which.first == type)
      out.payloads.emplace(gate::slot_key(type, which.second), to_slot_payload(*slot));
  return out;
}

std::vector<publish_slots> statement_book::tell(const gate::statements& slots) {
  std::set<gate::slot_type> changed;
  for (const auto& each : slots) {
    told_[name_of(*each)] = each;
    changed.insert(each->type);
  }
  std::vector<publish_slots> out;
  for (auto type : gate_slot_types)
    if (changed.contains(type))
      out.push_back(slots_of(type));
  return out;
}

std::vector<publish_slots> statement_book::told() const {
  std::vector<publish_slots> out;
  for (auto type : gate_slot_types)
    if (auto slots = slots_of(type); !slots.payloads.empty())
      out.push_back(std::move(slots));
  return out;
}

gate::stored_state statement_book::stored() const {
  gate::stored_state out;
  for (const auto& [which, slot] : own_)
    out.own.push_back(slot);
  for (const auto& [track, slot] : kept_)
    out.kept.push_back(slot);
  return out;
}

gate::statements statement_book::heard() const {
  gate::statements out;
  for (const auto& [node, slots] : heard_)
    for (const auto& [which, slot] : slots)
      out.push_back(slot);
  return out;
}

gate::statement_ptr statement_book::find(const node_id& origin, const name& which) const {
  const auto* slots = &own_;
  if (origin != self_) {
    auto found = heard_.find(origin);
    if (found == heard_.end())
      return nullptr;
    slots = &found->second;
  }
  auto found = slots->find(which);
  return found == slots->end() ? nullptr : found->second;
}

} // namespace hive
