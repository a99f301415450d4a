#include "actors/hive/state/slot_history.hpp"

#include "actors/hive/state/origin_log.hpp"

namespace hive {

void slot_history::add(slot_ptr what, size_t most_slots, size_t most_bytes) {
  if (!slots_.empty() && !are_of_one_run(slots_.rbegin()->first, what->stamp)) {
    if (what->stamp < slots_.rbegin()->first)
      return;
    slots_.clear();
    bytes_ = 0;
  }
  auto [place, is_new] = slots_.emplace(what->stamp, what);
  if (!is_new)
    return;
  bytes_ += bytes_of(*what);
  while (slots_.size() > 1 && (slots_.size() > most_slots || bytes_ > most_bytes)) {
    bytes_ -= bytes_of(*slots_.begin()->second);
    slots_.erase(slots_.begin());
  }
}

} // namespace hive
