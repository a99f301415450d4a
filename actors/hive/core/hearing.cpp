#include "actors/hive/core/hearing.hpp"

#include <algorithm>

namespace hive {

void hearing::link_up(const node_id& node, tick_point now) {
  if (is_over_)
    return;
  linked_.insert(node);
  if (!since_)
    since_ = now;
}

void hearing::link_down(const node_id& node) {
  linked_.erase(node);
  if (linked_.empty() && heard_.empty())
    since_.reset();
}

void hearing::heard(const node_id& node) {
  if (!is_over_ && linked_.contains(node))
    heard_.insert(node);
}

bool hearing::may_end(const std::vector<node_id>& known, tick_point now) const {
  if (!since_)
    return false;
  if (now >= *since_ + options_.patience)
    return true;
  if (heard_.empty())
    return false;
  auto is_missing = [this](const node_id& node) { return !heard_.contains(node); };
  if (heard_.size() >= options_.enough || std::ranges::none_of(known, is_missing))
    return true;
  bool waits_for_linked = std::ranges::any_of(linked_, is_missing);
  return !waits_for_linked && now >= *since_ + options_.settle;
}

bool hearing::advance(const std::vector<node_id>& known, tick_point now) {
  if (is_over_ || !may_end(known, now))
    return false;
  is_over_ = true;
  return true;
}

bool hearing::vouch() {
  return !std::exchange(is_over_, true);
}

std::string hearing::text(size_t known) const {
  if (is_over_)
    return {};
  auto out = "This node publishes nothing until it has heard what other nodes hold of its own slots, because its store "
             "may be an older copy: heard " +
             std::to_string(heard_.size()) + ", linked with " + std::to_string(linked_.size()) + ", knows " +
             std::to_string(known);
  return linked_.empty() ? out + ". Without a link it goes on waiting; if no newer copy of its store was ever in use, "
                                 "'hivectl node vouch' ends that"
                         : out;
}

} // namespace hive
