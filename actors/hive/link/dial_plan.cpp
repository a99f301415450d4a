#include "actors/hive/link/dial_plan.hpp"

#include <algorithm>

namespace hive {

bool dial_plan::add(const endpoint& at, time_point now) {
  auto* target = find_or_add(at, now);
  if (target)
    target->to_join = true;
  return target != nullptr;
}

bool dial_plan::add(const endpoint& at, const node_id& node, time_point now) {
  leave_earlier(node, at);
  auto* target = find_or_add(at, now);
  if (!target)
    return false;
  target->node = node;
  target->resting = target->once = false;
  return true;
}

/// Removes earlier doors of the node; an address to join is kept, and dialling it is resumed.
void dial_plan::leave_earlier(const node_id& node, const endpoint& now_at) {
  for (auto each = targets_.begin(); each != targets_.end();) {
    auto& target = each->second;
    if (target.node != node || each->first == now_at) {
      ++each;
    } else if (target.to_join) {
      target.resting = target.once = false;
      ++each;
    } else if (target.dialling) {
      target.once = true;
      target.node.reset(); // a failure there is no evidence about the node
      ++each;
    } else {
      each = targets_.erase(each);
    }
  }
}

bool dial_plan::add_once(const endpoint& at, const node_id& node, time_point now) {
  if (linked_.contains(node))
    return true;
  bool is_new = !targets_.contains(at);
  auto* target = find_or_add(at, now);
  if (!target)
    return false;
  target->node = node;
  if (is_new || target->resting) {
    target->once = true;
    target->resting = false;
    target->when = now;
  }
  return true;
}

dial_plan::target* dial_plan::find_or_add(const endpoint& at, time_point now) {
  auto found = targets_.find(at);
  if (found == targets_.end()) {
    if (targets_.size() >= options_.max_targets)
      return nullptr;
    found = targets_.try_emplace(at).first;
    found->second.when = now;
  }
  return &found->second;
}

void dial_plan::rest(const node_id& node) {
  for (auto at = targets_.begin(); at != targets_.end();) {
    auto& target = at->second;
    if (target.node != node || target.dialling) {
      target.once |= target.node == node;
      ++at;
    } else {
      at = rest(at);
    }
  }
}

dial_plan::targets::iterator dial_plan::rest(targets::iterator what) {
  if (!what->second.to_join)
    return targets_.erase(what);
  what->second.once = false;
  what->second.resting = true;
  return std::next(what);
}

bool dial_plan::is_wanted(const target& what) const {
  return !what.dialling && !what.resting && !(what.node && linked_.contains(*what.node)) && !is_spare(what);
}

bool dial_plan::is_spare(const target& what) const {
  if (!what.node || what.to_join || what.once)
    return false;
  return std::ranges::any_of(targets_, [&](const auto& entry) {
    const auto& other = entry.second;
    return other.to_join && other.node == what.node && !other.resting && other.failures == 0;
  });
}

std::optional<node_id> dial_plan::expected_once(const endpoint& at) const {
  auto found = targets_.find(at);
  return found == targets_.end() || !found->second.once ? std::nullopt : found->second.node;
}

std::vector<endpoint> dial_plan::due(time_point now) {
  std::vector<endpoint> out;
  for (auto& [at, target] : targets_) {
    if (!is_wanted(target) || target.when > now || dials_ >= options_.max_dials)
      continue;
    target.dialling = true;
    ++dials_;
    out.push_back(at);
  }
  return out;
}

std::optional<dial_plan::time_point> dial_plan::next() const {
  std::optional<time_point> out;
  if (dials_ >= options_.max_dials)
    return out;
  for (const auto& [at, target] : targets_)
    if (is_wanted(target))
      out = out ? std::min(*out, target.when) : target.when;
  return out;
}

void dial_plan::linked(const endpoint& at, const node_id& node) {
  auto found = targets_.find(at);
  if (found == targets_.end())
    return;
  auto& target = found->second;
  dials_ -= target.dialling;
  target.dialling = false;
  target.node = node;
  target.failures = 0;
  target.failure.clear();
  if (target.once)
    rest(found);
}

bool dial_plan::failed(const endpoint& at, const std::string& why, time_point now) {
  auto found = targets_.find(at);
  if (found == targets_.end())
    return false;
  auto& target = found->second;
  dials_ -= target.dialling;
  target.dialling = false;
  target.when = now + delay(target.failures++);
  bool is_new_failure = std::exchange(target.failure, why) != why && !target.once;
  if (target.once)
    rest(found);
  return is_new_failure;
}

void dial_plan::forget(const endpoint& at) {
  auto found = targets_.find(at);
  if (found == targets_.end())
    return;
  dials_ -= found->second.dialling;
  targets_.erase(found);
}

void dial_plan::link_up(const node_id& node) {
  linked_.insert(node);
}

void dial_plan::link_down(const node_id& node, time_point now) {
  linked_.erase(node);
  for (auto& [at, target] : targets_)
    if (target.node == node || (target.resting && linked_.empty())) {
      target.resting &= !linked_.empty();
      target.when = now + delay(0);
    }
}

std::chrono::milliseconds dial_plan::delay(uint32_t failures) {
  constexpr uint32_t max_doublings = 20; // more than any max_delay needs, and no overflow
  auto longest = std::min(options_.max_delay, options_.min_delay * (int64_t{1} << std::min(failures, max_doublings)));
  return std::chrono::milliseconds{std::uniform_int_distribution{longest.count() / 2, longest.count()}(random_)};
}

} // namespace hive
