#pragma once

#include "actors/http/exchange.hpp"
#include "messages/json.hpp"

#include <chrono>

namespace hive::http {

/// The HTTP status for an error code.
int status_of(ec code);

/// The standard phrase of a status, such as "Not Found".
std::string_view reason_phrase(int status);

/// An RFC 9457 answer for an error.
response problem(const caf::error& error);

/// Like `problem` of an error, for a request rejected before any actor saw it; includes the place in the body.
response problem(const json_error& refusal);

/// Like `problem` of an error, for HTTP-level errors, such as a wrong method, with an explicit status.
response problem(int status, ec code, std::string detail);

/// 429, with the seconds after which a repeat is welcome.
response too_many_requests(std::string detail, std::chrono::steady_clock::duration wait);

} // namespace hive::http
