#include "actors/namespaces/namespace_table.hpp"

#include <algorithm>

namespace hive {

namespace_table::decision namespace_table::enter(const std::string& id, time_point now, const is_used& used) {
  if (auto found = entries_.find(id); found != entries_.end()) {
    found->second.used_at = now;
    return {found->second.at == state::open ? step::serve : step::wait};
  }
  decision out{step::open};
  auto count = std::ranges::count_if(entries_, [](const auto& each) { return each.second.at != state::closing; });
  if (static_cast<size_t>(count) >= options_.max_open) {
    out.evicted = find_unused(used);
    if (!out.evicted)
      return {step::refuse};
    close(*out.evicted);
  }
  entries_.emplace(id, entry{state::opening, now});
  return out;
}

/// The open one that was entered longest ago, of those that nobody uses.
std::optional<std::string> namespace_table::find_unused(const is_used& used) const {
  auto best = entries_.end();
  for (auto each = entries_.begin(); each != entries_.end(); ++each)
    if (each->second.at == state::open && !used(each->first) &&
        (best == entries_.end() || each->second.used_at < best->second.used_at))
      best = each;
  return best == entries_.end() ? std::nullopt : std::optional{best->first};
}

void namespace_table::opened(const std::string& id, time_point now) {
  if (auto found = entries_.find(id); found != entries_.end() && found->second.at == state::opening)
    found->second = {state::open, now};
}

bool namespace_table::close(const std::string& id) {
  auto [found, is_new] = entries_.try_emplace(id);
  bool was_active = !is_new && found->second.at != state::closing;
  found->second.at = state::closing;
  return was_active;
}

void namespace_table::closed(const std::string& id) {
  entries_.erase(id);
}

std::vector<std::string> namespace_table::close_idle(time_point now, const is_used& used) {
  std::vector<std::string> out;
  for (auto& [id, each] : entries_) {
    if (each.at != state::open)
      continue;
    if (used(id)) {
      each.used_at = now;
    } else if (each.used_at + options_.idle <= now) {
      each.at = state::closing;
      out.push_back(id);
    }
  }
  return out;
}

bool namespace_table::is_open(const std::string& id) const {
  auto found = entries_.find(id);
  return found != entries_.end() && found->second.at == state::open;
}

std::optional<namespace_table::time_point> namespace_table::next_due() const {
  std::optional<time_point> out;
  for (const auto& [_, each] : entries_)
    if (each.at == state::open)
      out = out ? std::min(*out, each.used_at + options_.idle) : each.used_at + options_.idle;
  return out;
}

} // namespace hive
