#pragma once

#include "actors/defaults.hpp"
#include "messages/json.hpp"
#include "platform/http_client.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

namespace hive::ctl {

/// A request to a node.
struct node_request {
  std::string method = "GET";
  std::string path{};                            ///< below /api/v1, with the query; user input is url_encode'd
  std::string body{};                            ///< empty: none
  std::string content_type = "application/json"; ///< of the body
  std::string accept = "application/json";       ///< the expected type of the answer
  std::chrono::milliseconds timeout = defaults::request_timeout; ///< the node's time limit; see client::ask
  std::chrono::milliseconds grace = std::chrono::seconds{5}; ///< for the answer to arrive after the node's time limit
  std::stop_token stop{}; ///< a stop request aborts with ec::unavailable within about a second
};

/// A client of a node's HTTP interface. Errors have texts that users can act on. ec::unavailable: no node answered in
/// time. exit_status::unreachable: the server is not a node of this version. Other codes: the node's own error.
/// `exit_status_of` maps them.
class client {
public:
  /// `base_url` has no trailing slash. `token` is sent as a bearer token unless it is empty. `name_space` is the
  /// namespace that requests are about; empty for the node itself.
  client(std::string base_url, std::string token, std::string name_space);

  /// Sends a request and decodes the answer strictly: node and hivectl have the same version, so an answer that
  /// violates the schema is an error. Waits slightly longer than the request's timeout, so that the node's own timeout
  /// error arrives first.
  template <class Answer>
  caf::expected<msg<Answer>> ask(const node_request& request) const {
    auto body = exchange(request);
    if (!body)
      return body.error();
    json_error why;
    if (auto answer = from_json<Answer>(*body, why))
      return std::move(*answer);
    return unreadable(request, why);
  }

  /// Reads a stream until it ends; the error says why it ended. Each piece goes to `on_body`, which ends the stream by
  /// returning false. Sends `last_event_id` unless it is empty. A stream that is silent for three times
  /// `defaults::event_keep_alive` counts as ended.
  caf::error follow(const node_request& request, const std::string& last_event_id,
                    std::function<bool(std::string_view)> on_body) const;

  /// Sends a request and returns the body of the answer. Errors as for `ask`.
  caf::expected<std::string> exchange(const node_request& request) const;

  /// The error for an answer that does not match its schema.
  caf::error unreadable(const node_request& request, const json_error& why) const;

  /// The string members of the node's answer to `path`, /healthz or /readyz. Lenient, because the node may have another
  /// version. ec::unavailable when it does not answer within 2 s, or is not ready.
  caf::expected<std::map<std::string, std::string>> probe(const std::string& path) const;

  /// The node's id. ec::unsupported when the node does not report it.
  caf::expected<std::string> node_id() const;

private:
  http::outgoing_request outgoing(const node_request& request) const;

  std::string base_url_;
  std::string token_;
  std::string name_space_;
};

} // namespace hive::ctl
