#pragma once

#include "messages/ec.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/after.hpp>
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
  auto late = [] { return fail(ec::outcome_unknown, "the node did not answer in time"); };
  // The wait itself ends in time: a timeout of the request would keep the actor until it expires, even after the
  // answer.
  auto response = self->request(whom, caf::infinite, request);
  caf::blocking_actor::accept_one_cond once;
  self->varargs_receive(
    once, response.id(), [&](const Answer& answer) { out = answer; },
    [&](caf::error& err) { out = err == caf::sec::request_timeout ? late() : std::move(err); },
    caf::after(std::max(timeout, std::chrono::milliseconds{1})) >> [&] { out = late(); });
  return out;
}

} // namespace hive
