#include "actors/baseline/live_agents.hpp"

#include <utility>

namespace hive {

live_agents::entry* live_agents::use(const stored_agent& who, time_point now) {
  auto found = by_name_.find(who);
  if (found == by_name_.end())
    return nullptr;
  by_use_.splice(by_use_.end(), by_use_, found->second);
  found->second->used = now;
  return &*found->second;
}

live_agents::entry& live_agents::add(stored_agent who, kept_agent_actor actor, time_point now) {
  auto address = actor.address();
  auto place = by_use_.insert(by_use_.end(), {who, std::move(actor), 0, now, false});
  by_name_.emplace(std::move(who), place);
  by_actor_.emplace(std::move(address), place);
  return *place;
}

std::vector<live_agents::entry*> live_agents::ask(time_point unused_since, size_t keep) {
  std::vector<entry*> out;
  size_t left = by_use_.size();
  for (auto& each : by_use_) {
    if (each.used > unused_since && left <= keep)
      break;
    --left;
    if (!std::exchange(each.is_leaving, true))
      out.push_back(&each);
  }
  return out;
}

std::optional<kept_agent_actor> live_agents::leave(const stored_agent& who, const caf::actor_addr& actor,
                                                   const idle_report& report) {
  auto found = by_name_.find(who);
  if (found == by_name_.end() || found->second->actor.address() != actor)
    return std::nullopt;
  auto place = found->second;
  place->is_leaving = false;
  if (!report.is_idle || report.handled != place->sent)
    return std::nullopt;
  auto out = std::move(place->actor);
  by_actor_.erase(actor);
  by_name_.erase(found);
  by_use_.erase(place);
  return out;
}

void live_agents::stay(const stored_agent& who) {
  if (auto found = by_name_.find(who); found != by_name_.end())
    found->second->is_leaving = false;
}

std::optional<stored_agent> live_agents::remove(const caf::actor_addr& actor) {
  auto found = by_actor_.find(actor);
  if (found == by_actor_.end())
    return std::nullopt;
  auto place = found->second;
  auto who = place->who;
  by_actor_.erase(found);
  by_name_.erase(who);
  by_use_.erase(place);
  return who;
}

} // namespace hive
