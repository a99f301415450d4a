#pragma once

#include "actors/http/exchange.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

namespace hive::http {

// internal: an exchange on its way to the gateway actor, with what that shall do.
struct forwarded {
  exchange_ptr what;
  action next;
};

/// Runs the action; one that throws costs its own request a 500 and no other.
void run_action(caf::event_based_actor* gateway, const forwarded& incoming);

/// Runs a route's handler in the same way.
void run_handler(const std::function<void(exchange_ptr)>& handle, const exchange_ptr& what);

} // namespace hive::http

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::http::forwarded)
