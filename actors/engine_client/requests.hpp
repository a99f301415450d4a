#pragma once

#include "messages/ec.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/expected.hpp>
#include <caf/scoped_actor.hpp>
#include <chrono>

namespace hive {

/// Sends a request and waits for its answer. ec::outcome_unknown without one in time.
template <class Answer, class Handle, class Request>
caf::expected<Answer> request_blocking(caf::actor_system& system, const Handle& whom, const Request& request,
                                       std::chrono::milliseconds timeout) {
  caf::scoped_actor self{system, true};
  caf::expected<Answer> out{caf::error{}};
  self->request(whom, std::max(timeout, std::chrono::milliseconds{1}), request)
    .receive([&](const Answer& answer) { out = answer; },
             [&](caf::error& err) {
               out = err == caf::sec::request_timeout ? fail(ec::outcome_unknown, "the node did not answer in time")
                                                      : std::move(err);
             });
  return out;
}

} // namespace hive
