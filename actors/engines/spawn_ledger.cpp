#include "actors/engines/spawn_ledger.hpp"

#include "messages/ec.hpp"

namespace hive {

caf::error spawn_ledger::add(spawn_entry entry) {
  if (entries_.contains(entry.id))
    return fail(ec::already_exists, "there is a spawned actor " + entry.id + " already");
  if (auto has = by_engine_.find(entry.engine); has != by_engine_.end() && has->second >= quota_)
    return fail(ec::overloaded, "engine " + entry.engine + " has " + std::to_string(has->second) +
                                  " spawned actors on this node, which is its quota: end some");
  if (quota_ == 0)
    return fail(ec::overloaded, "the quota of engines on this node is 0");
  if (entries_.size() >= most_)
    return fail(ec::overloaded, "engines have " + std::to_string(entries_.size()) + " spawned actors on this node");
  ++by_engine_[entry.engine];
  auto id = entry.id;
  entries_.emplace(std::move(id), std::move(entry));
  return caf::none;
}

std::optional<spawn_entry> spawn_ledger::remove(const std::string& id) {
  auto node = entries_.extract(id);
  if (!node)
    return std::nullopt;
  auto counted = by_engine_.find(node.mapped().engine);
  if (--counted->second == 0)
    by_engine_.erase(counted);
  return std::move(node.mapped());
}

std::vector<std::string> spawn_ledger::ending_with(asker_id asker) const {
  std::vector<std::string> out;
  for (const auto& [id, entry] : entries_)
    if (entry.asker == asker && !entry.stay)
      out.push_back(id);
  return out;
}

const spawn_entry* spawn_ledger::find(const std::string& id) const {
  auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second;
}

} // namespace hive
