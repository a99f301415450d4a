#pragma once

#include "messages/events.capnp.h"
#include "messages/msg.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <vector>

namespace hive {

/// Kinds of events that a reader wants; empty: all of them.
using event_kinds = std::set<wire::EventKind>;

/// The newest events of one node in the order of their ids, without clock and actor. Readers hold a position each and
/// nothing is held for them: one that falls behind learns that it missed some, and costs the others nothing.
class event_log {
public:
  /// What a reader gets, and where it goes on.
  struct page {
    std::vector<msg<wire::Event>> events;
    int64_t position = 0; ///< for the next `read`
  };

  /// Ids begin behind those of all earlier epochs. `capacity`, at least 1, is the number of events that are kept.
  event_log(uint64_t epoch, size_t capacity);

  /// Numbers an event, sets its time, and keeps it; the oldest one makes room.
  void add(const msg<wire::Event>& what, int64_t now_unix_micros);

  /// At most `most` events of these kinds behind `position`, the oldest first. A position is that of the page before,
  /// or the id of an event; 0 stands before all events that are kept, -1 behind the newest. When events behind the
  /// position are no longer kept, or it is none of this log's (a node whose store was lost begins anew), the first
  /// event is one of kind `missed`, which comes on top of `most`.
  page read(int64_t position, const event_kinds& kinds, size_t most) const;

  /// The id of the newest event, or what comes before the first one.
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
  std::deque<msg<wire::Event>> events_; ///< ids without gaps
};

} // namespace hive
