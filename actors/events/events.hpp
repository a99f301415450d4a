#pragma once

#include "actors/defaults.hpp"
#include "actors/events/event_log.hpp"
#include "messages/events.capnp.h"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <chrono>
#include <optional>
#include <vector>

namespace hive {

/// Asks for the events behind a position. An answer comes at once when there are any, or when the position is -1, so
/// that the reader learns which one that is; otherwise with the next event of these kinds, or without one after `wait`.
struct read_events {
  int64_t position = -1; ///< see event_log::read
  event_kinds kinds;
  std::chrono::milliseconds wait{0};
};

/// actors/events: told by those that make things happen. They do not wait for it and need not have one: what is sent to
/// an empty handle is dropped.
using event_sink_actor = caf::typed_actor<
  // Something happened; id and time are set here.
  caf::reacts_to<msg<wire::Event>>>;

/// actors/events: knows what happened last.
using events_actor = event_sink_actor::extend<
  // At most defaults::events_per_read events. ec::overloaded while defaults::max_event_readers wait.
  caf::replies_to<read_events>::with<event_log::page>>;

// internal: some reader may have waited long enough.
using end_waits_atom = caf::atom_constant<caf::atom("end_waits")>;
using events_self = events_actor::extend<caf::reacts_to<end_waits_atom>>;

struct events_options {
  /// Raised at every start of the actor, over starts of the node too: ids rise with it.
  uint64_t epoch = 1;
  /// Events that are kept. At least 1. None outlives the actor.
  size_t kept = defaults::kept_events;
};

class events_state {
public:
  using pointer = events_self::stateful_pointer<events_state>;
  static inline const char* name = "events";

  events_state() = default;
  events_state(const events_state&) = delete;
  events_state& operator=(const events_state&) = delete;
  ~events_state();

  void init(pointer self, const events_options& options);
  void add(const msg<wire::Event>& what);
  caf::result<event_log::page> read(const read_events& asked);
  void end_waits();

private:
  using clock = std::chrono::steady_clock;

  struct reader {
    read_events asked;
    clock::time_point until;
    caf::typed_response_promise<event_log::page> answer;
  };

  /// One timer for all readers: CAF keeps each one until its time, and readers come back with every event.
  void wake_at(clock::time_point when);
  event_log::page page_for(const read_events& asked) const;

  pointer self_ = nullptr;
  std::optional<event_log> log_;
  std::vector<reader> waiting_;
  std::optional<clock::time_point> wake_; ///< when end_waits is due
};

/// Spawn with `sys.spawn(events, options)`.
events_self::behavior_type events(events_state::pointer self, const events_options& options);

} // namespace hive

// A node's events are read over HTTP; these stay in its process.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::read_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::event_log::page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::events_options)
