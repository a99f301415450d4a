#include "actors/hive/dial_plan.hpp"

#include <algorithm>

namespace hive {

bool dial_plan::add(const endpoint& at, time_point now) {
  if (targets_.contains(at))
    return true;
  if (targets_.size() >= options_.max_targets)
    return false;
  targets_[at].when = now;
  return true;
}

bool dial_plan::add(const endpoint& at, const node_id& node, time_point now) {
  for (const auto& [address, known] : targets_)
    if (known.node == node)
      return true;
  if (!add(at, now))
    return false;
  targets_[at].node = node;
  return true;
}

std::vector<endpoint> dial_plan::due(time_point now) {
  std::vector<endpoint> out;
  for (auto& [at, target] : targets_) {
    bool wanted = !target.dialling && target.when <= now && !(target.node && linked_.contains(*target.node));
    if (!wanted || dials_ >= options_.max_dials)
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
    if (!target.dialling && !(target.node && linked_.contains(*target.node)))
      out = out ? std::min(*out, target.when) : target.when;
  return out;
}

void dial_plan::linked(const endpoint& at, const node_id& node) {
  auto found = targets_.find(at);
  if (found == targets_.end())
    return;
  auto& target = found->second;
  dials_ -= target.dialling;
  target = {node, target.when, 0, {}, false};
}

bool dial_plan::failed(const endpoint& at, const std::string& why, time_point now) {
  auto found = targets_.find(at);
  if (found == targets_.end())
    return false;
  auto& target = found->second;
  dials_ -= target.dialling;
  target.dialling = false;
  target.when = now + delay(target.failures++);
  return std::exchange(target.failure, why) != why;
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
    if (target.node == node)
      target.when = now + delay(0);
}

std::chrono::milliseconds dial_plan::delay(uint32_t failures) {
  constexpr uint32_t max_doublings = 20; // far above what any bound asks for, far below overflow
  auto longest = std::min(options_.max_delay, options_.min_delay * (int64_t{1} << std::min(failures, max_doublings)));
  return std::chrono::milliseconds{std::uniform_int_distribution{longest.count() / 2, longest.count()}(random_)};
}

} // namespace hive
