#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

namespace hive::http {

/// The HTTP status that says an error code.
int status_of(ec code);

/// The standard phrase of a status, such as "Not Found".
std::string_view reason_phrase(int status);

/// An RFC 9457 answer for an error of this system.
response problem(const caf::error& error);

/// The same for a request that was refused before any actor saw it; carries the place in the body.
response problem(const json_error& refusal);

/// The same for what only HTTP knows, such as a wrong method, under a status of its own.
response problem(int status, ec code, std::string detail);

} // namespace hive::http
