#pragma once

#include <caf/actor_clock.hpp>
#include <caf/behavior.hpp>
#include <caf/error.hpp>
#include <caf/message_id.hpp>

namespace hive {

/// Calls `then` in the actor at `when`, unless the actor ends before. `delayed_send` keeps the actor in memory until
/// then, and a detached actor that is kept stops the actor system from ending. Technically the timeout of a request
/// that was never sent, which CAF forgets with the actor, and which no other actor can send. `Self` is the actor's type
/// without the state.
template <class Self, class Handler>
void call_at(Self* self, caf::actor_clock::time_point when, Handler then) {
  auto id = self->new_request_id(caf::message_priority::normal).response_id();
  self->add_multiplexed_response_handler(
    id, caf::behavior{[then = std::move(then)](const caf::error&) mutable { then(); }});
  self->clock().set_request_timeout(when, self, id);
}

} // namespace hive
