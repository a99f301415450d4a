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

/// Begins the address of a node behind a Unix socket.
inline constexpr std::string_view unix_scheme = "unix:";

/// Where a node is, and as whom to speak to it.
struct node_address {
  std::string url;             ///< without trailing slash; http://, https://, or unix: and the path of a socket
  std::string token = {};      ///< sent as a bearer token; empty: none
  std::string name_space = {}; ///< what requests are about; empty: the node itself
  http::client_tls tls = {};
};

/// Reads the files of a directory as `hivectl node issue` and `engine issue` fill it: ca.pem, and where they are there
/// cert.pem and key.pem. An empty name: nothing of it. Fails with ec::not_found, naming the file.
caf::expected<http::client_tls> find_client_tls(const std::string& directory);

/// A client of a node's HTTP interface. Errors have texts that users can act on. ec::unavailable: no node answered in
/// time. exit_status::unreachable: the server is not a node of this version. Other codes: the node's own error.
/// `exit_status_of` maps them.
class client {
public:
  explicit client(node_address at);

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
  http::outgoing_request to(const std::string& path) const;
  http::outgoing_request outgoing(const node_request& request) const;

  node_address at_;
};

} // namespace hive::ctl
