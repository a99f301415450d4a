#include "gpu/ledger/duration_history.hpp"

#include <algorithm>
#include <vector>

namespace hive::gpu {

void duration_history::add(const std::string& holder, duration took) {
  if (samples_.size() >= max_holders && !samples_.contains(holder))
    return;
  auto& of_holder = samples_[holder];
  of_holder.push_back(took);
  if (of_holder.size() > max_samples)
    of_holder.pop_front();
}

std::optional<duration> duration_history::declare(const std::string& holder) const {
  auto found = samples_.find(holder);
  if (found == samples_.end() || found->second.size() < min_samples)
    return std::nullopt;
  std::vector<duration> sorted{found->second.begin(), found->second.end()};
  std::ranges::sort(sorted);
  auto rank = (sorted.size() * 95 + 99) / 100; // rounded up, from 1
  return std::max(shortest, sorted[rank - 1] * 3 / 2);
}

} // namespace hive::gpu
