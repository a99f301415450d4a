#pragma once

#include "actors/http/exchange.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

namespace hive::http {

// internal: an exchange sent to the gateway actor with its action.
struct forwarded {
  exchange_ptr what;
  action next;
};

/// Runs the action; an exception costs only this request, which gets a 500.
void run_action(gateway_requests& gateway, const forwarded& incoming);

/// Runs a route's handler; as with run_action, an exception costs only this request.
void run_handler(const std::function<void(exchange_ptr)>& handle, const exchange_ptr& what);

} // namespace hive::http

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::http::forwarded)
