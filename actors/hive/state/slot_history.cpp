#include "actors/hive/state/slot_history.hpp"

#include "actors/hive/state/origin_log.hpp"

namespace hive {

void slot_history::add(replaced_slot replaced, size_t most_slots, size_t most_bytes) {
  const auto& what = *replaced.what;
  if (!slots_.empty() && !are_of_one_run(slots_.rbegin()->first, what.stamp)) {
    if (what.stamp < slots_.rbegin()->first)
      return;
    slots_.clear();
    bytes_ = 0;
  }
  bytes_ += slots_.contains(what.stamp) ? 0 : bytes_of(what);
  slots_.try_emplace(what.stamp, std::move(replaced));
  while (slots_.size() > 1 && (slots_.size() > most_slots || bytes_ > most_bytes)) {
    bytes_ -= bytes_of(*slots_.begin()->second.what);
    slots_.erase(slots_.begin());
  }
}

} // namespace hive
