#pragma once

#include "platform/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace hive::load {

/// Requests to send over HTTP.
struct http_plan {
  endpoint at; ///< with an IPv4 address
  size_t connections = 1;
  /// The n-th request as it is sent, from 0.
  std::function<std::string(uint64_t)> request;
  /// Ends after this many requests, or after this time, whichever comes first.
  uint64_t requests = 0;
  std::optional<std::chrono::duration<double>> time = {};
};

/// What came of them.
struct http_outcome {
  uint64_t answered = 0; ///< with a status of 2xx
  uint64_t refused = 0;  ///< with another one
  uint64_t bytes = 0;    ///< of all answers
  double seconds = 0;
  std::string first_refusal; ///< head and body
};

/// Sends the requests over keep-alive connections from one thread; each connection has one request outstanding. Throws
/// when a connection cannot be made or breaks, or when an answer does not come.
http_outcome send_requests(const http_plan& plan);

/// A request with these parts. Without a body when that is empty.
std::string http_request(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& content_type = "application/json");

} // namespace hive::load
