#pragma once

#include "actors/hive/state/slot.hpp"
#include "actors/slot_topic.hpp"

#include <map>

namespace hive {

/// Slots of one origin and kind that newer ones have replaced, of the origin's newest run alone. Bounded: the oldest
/// ones give way.
class slot_history {
public:
  struct replaced_slot {
    slot_ptr what;
    slot_content content;
  };

  const std::map<write_stamp, replaced_slot>& slots() const {
    return slots_;
  }

  bool contains(write_stamp stamp) const {
    return slots_.contains(stamp);
  }

  /// Keeps the slot, unless it is of an earlier run than those that are kept. Afterwards at most `most_slots` and
  /// `most_bytes` are kept, but always one.
  void add(replaced_slot replaced, size_t most_slots, size_t most_bytes);

private:
  std::map<write_stamp, replaced_slot> slots_;
  size_t bytes_ = 0;
};

} // namespace hive
