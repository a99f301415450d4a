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

/// Asks for events after a position. Answered at once when there are some, or when the position is -1, so that the
/// reader learns its actual position; otherwise at the next event of these kinds, or after `wait` without one.
struct read_events {
  int64_t position = -1; ///< see event_log::read
  event_kinds kinds;
  std::chrono::milliseconds wait{0};
};

/// actors/events: receives events from services. Senders do not wait, and their handle may be empty: events for an
/// empty handle are dropped.
using event_sink_actor = caf::typed_actor<
  // An event; id and time are set by the receiver.
  caf::reacts_to<msg<wire::Event>>>;

/// actors/events: serves recent events to readers.
using events_actor = event_sink_actor::extend<
  // At most defaults::events_per_read events. ec::overloaded while defaults::max_event_readers readers wait.
  caf::replies_to<read_events>::with<event_log::page>>;

// internal: the wait of some reader may be over.
using end_waits_atom = caf::atom_constant<caf::atom("end_waits")>;
using events_self = events_actor::extend<caf::reacts_to<end_waits_atom>>;

struct events_options {
  /// Increases at every start of the actor, also across starts of the node, so that ids increase.
  uint64_t epoch = 1;
  /// Number of events kept. At least 1. They are lost when the actor ends.
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

  /// One timer for all readers: CAF keeps every timer until it expires, and readers return with every event.
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

// Local to a process: a node's events are read over HTTP.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::read_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::event_log::page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::events_options)
