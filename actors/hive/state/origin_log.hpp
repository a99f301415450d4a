#pragma once

#include "actors/hive/state/slot_signature.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace hive {

/// The newest slots of one origin, in the order of their writes.
class origin_log {
public:
  /// The newest slot of this name, or null.
  slot_ptr find(const slot_name& name) const;
  /// The slot with exactly this stamp, or null.
  slot_ptr at(write_stamp stamp) const;

  /// Inserts a slot, which must have a unique stamp and be newer than any held slot of the same name. Returns the slot
  /// that it replaces, or null.
  slot_ptr put(slot_ptr what);

  /// Slots with a stamp after `since`, oldest first.
  std::vector<slot_ptr> newer_than(write_stamp since) const;

  /// Stamp of the newest slot; 0/0 when empty.
  write_stamp highest() const {
    return by_stamp_.empty() ? write_stamp{} : by_stamp_.rbegin()->first;
  }

  size_t size() const {
    return by_stamp_.size();
  }

  /// Size of all keys and payloads.
  size_t bytes() const {
    return bytes_;
  }

  /// Number of slots of these kinds, and size of their keys and payloads.
  std::pair<size_t, size_t> usage_of(const std::set<slot_kind>& kinds) const;

  /// Hash over all slots; equal for equal contents, whatever the order of insertion.
  content_hash hash() const;

private:
  std::map<write_stamp, slot_ptr> by_stamp_;
  std::map<slot_name, write_stamp> by_name_;
  size_t bytes_ = 0;
  mutable std::optional<content_hash> hash_; ///< reset on every change
};

/// Size that counts against the bounds.
inline size_t bytes_of(const slot& what) {
  return what.name.key.size() + what.payload.size();
}

} // namespace hive
