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

/// What a client of an https URL shows and trusts, as PEM files.
struct client_tls {
  std::string trusted;     ///< CAs of servers; empty: those of the machine
  std::string certificate; ///< shown to the server; empty: none
  std::string key;         ///< of `certificate`
};

/// An HTTP request to another server, used by adapters that read a URL and by hivectl.
struct outgoing_request {
  std::string method = "GET";
  std::string url;              ///< http:// or https:// only
  std::string unix_socket = {}; ///< path of a socket to connect to, whatever the URL's host; empty: none
  client_tls tls = {};
  std::vector<std::string> headers; ///< "Name: value"
  std::string body;
  std::chrono::milliseconds timeout{10'000};         ///< for the whole exchange; 0: no limit
  std::chrono::milliseconds connect_timeout{10'000}; ///< included in `timeout`; unreachable addresses fail early
  size_t max_response_bytes = size_t{64} << 20;
  /// Receives the body of a 200 response in pieces, without a size limit, instead of the response's `body`. Returning
  /// false aborts with ec::unavailable.
  std::function<bool(std::string_view)> on_body;
  std::chrono::seconds max_silence{0}; ///< longest pause in the transfer before ec::timed_out; 0: no limit
  std::stop_token stop;                ///< a stop request aborts with ec::unavailable within about a second
};

struct incoming_response {
  int status = 0;
  std::string content_type;
  std::string location;
  std::chrono::seconds retry_after{0}; ///< the server's Retry-After; 0: none
  std::string body;
  std::chrono::microseconds duration{0};
};

/// Performs the request on this thread, without following redirects. Every HTTP status is a response. Fails with
/// ec::unavailable (cannot connect), ec::timed_out, ec::too_large or ec::invalid (unsupported URL scheme).
caf::expected<incoming_response> fetch(const outgoing_request& request);

/// Percent-encodes all but unreserved characters, for a path segment or a query value.
std::string url_encode(std::string_view text);

/// A text such as ` answered 500: out of memory`, to follow a URL; shows the beginning of the body.
std::string describe_status(int status, std::string_view body);

} // namespace hive::http
