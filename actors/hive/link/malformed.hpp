#pragma once

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "platform/rate_limiter.hpp"

#include <caf/mailbox_element.hpp>
#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>
#include <utility>

namespace hive {

/// Makes an actor that is reachable over a connection refuse messages that failed to decode (CAF delivers them empty)
/// and messages of unknown types: the sender gets ec::malformed. By default CAF would print each message to standard
/// output.
///
/// `on_malformed(count)` is called at a limited rate, with the number of such messages since its last call.
template <class Actor, class OnMalformed>
void refuse_malformed(Actor* self, OnMalformed on_malformed) {
  self->set_default_handler(
    [on_malformed = std::move(on_malformed),
     budget = rate_limiter{std::chrono::steady_clock::now(), defaults::refusal_log_burst, defaults::refusal_log_per_s}](
      caf::scheduled_actor*, caf::message_view&) mutable -> caf::result<caf::message> {
      uint64_t left_out = 0;
      if (budget.allow(std::chrono::steady_clock::now(), left_out))
        on_malformed(1 + left_out);
      return fail(ec::malformed, "the message could not be read, or is none that is understood here");
    });
}

} // namespace hive
