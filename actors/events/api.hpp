#pragma once

// The recent events of a node.

#include "actors/events/event_log.hpp"
#include "messages/events.capnp.h"
#include "messages/msg.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <chrono>

namespace hive {

/// Asks for events after a position. The answer comes at once when there are such events, or when the position is -1,
/// which tells a reader its actual position; otherwise at the next event of these kinds, or empty after `wait`.
struct read_events {
  int64_t position = -1; ///< see event_log::read
  event_kinds kinds;
  std::chrono::milliseconds wait{0};
};

/// Receives events from services and does not answer. A service may have an empty handle; it then drops its events.
using event_sink_actor = caf::typed_actor<
  // An event; id and time are set by the receiver.
  caf::reacts_to<msg<wire::Event>>>;

/// Serves recent events to readers.
using events_actor = event_sink_actor::extend<
  // At most defaults::events_per_read events. ec::overloaded while defaults::max_event_readers readers wait.
  caf::replies_to<read_events>::with<event_log::page>>;

} // namespace hive

// Local to a process: a node's events are read over HTTP.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::read_events)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::event_log::page)
