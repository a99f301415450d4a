#pragma once

#include "messages/events.capnp.h"
#include "messages/msg.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <vector>

namespace hive {

/// Kinds of events that a reader wants; empty: all.
using event_kinds = std::set<wire::EventKind>;

/// The newest events of one node, ordered by id. Pure: no clock, no actor. Each reader holds its own position, and the
/// log keeps no state for readers: a reader that falls behind is told that it missed events, and costs the others
/// nothing.
class event_log {
public:
  /// The result of a read, and where to continue.
  struct page {
    std::vector<msg<wire::Event>> events;
    int64_t position = 0; ///< for the next `read`
  };

  /// Ids start after those of all earlier epochs. `capacity`, at least 1, is the number of events kept.
  event_log(uint64_t epoch, size_t capacity);

  /// Assigns id and time to an event and stores it, dropping the oldest if full.
  void add(const msg<wire::Event>& what, int64_t now_unix_micros);

  /// Up to `most` events of these kinds after `position`, oldest first. A position comes from the previous page or is
  /// an event's id; 0 is before all kept events, -1 after the newest. If events after the position are no longer kept,
  /// or if the position is unknown (for example after the loss of the node's store), the page starts with an additional
  /// event of kind `missed`.
  page read(int64_t position, const event_kinds& kinds, size_t most) const;

  /// The id of the newest event; before the first event, one less than its id will be.
  uint64_t newest() const {
    return next_ - 1;
  }

private:
  uint64_t oldest() const {
    return next_ - events_.size();
  }

  const uint64_t first_;
  const size_t capacity_;
  uint64_t next_;
  std::deque<msg<wire::Event>> events_; ///< ids are consecutive
};

} // namespace hive
