#pragma once

#include <caf/expected.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace hive::http {

/// One request of another server, for adapters that read from a URL and for hivectl.
struct outgoing_request {
  std::string method = "GET";
  std::string url;                  ///< http:// or https:// only
  std::vector<std::string> headers; ///< "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{10'000};         ///< for the whole exchange; 0: none
  std::chrono::milliseconds connect_timeout{10'000}; ///< part of it: an address where nobody is fails early
  size_t max_response_bytes = size_t{64} << 20;
  /// When given, the body of an answer with status 200 goes here as it comes, without a bound, and not into the
  /// response. False ends the exchange with ec::unavailable.
  std::function<bool(std::string_view)> on_body;
  std::chrono::seconds max_silence{0}; ///< while nothing comes, then ec::timed_out; 0: no bound of its own
  std::stop_token stop;                ///< when requested, the exchange ends within about a second with ec::unavailable
};

struct incoming_response {
  int status = 0;
  std::string content_type;
  std::string location;
  std::chrono::seconds retry_after{0}; ///< how long a busy server asks to be left alone; 0: it does not say
  std::string body;
  std::chrono::microseconds duration{0};
};

/// Does the request on this thread, without following redirects. Any HTTP status is a response. Fails with
/// ec::unavailable (cannot connect), ec::timed_out, ec::too_large or ec::invalid (a URL of another scheme).
caf::expected<incoming_response> fetch(const outgoing_request& request);

/// `text` with everything but unreserved characters percent-encoded, for a path segment or a query value.
std::string url_encode(std::string_view text);

} // namespace hive::http
