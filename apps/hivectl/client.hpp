#pragma once

#include "actors/defaults.hpp"
#include "messages/json.hpp"
#include "platform/http_client.hpp"

#include <caf/expected.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace hive::ctl {

/// One request of a node.
struct node_request {
  std::string method = "GET";
  std::string path{}; ///< below /api/v1, with the query; parts from the user are url_encode'd
  std::string body{}; ///< empty for none
  std::string content_type = "application/json";                 ///< of the body
  std::string accept = "application/json";                       ///< the answer's type
  std::chrono::milliseconds timeout = defaults::request_timeout; ///< what the node is given; see client::ask
};

/// A node's HTTP interface. Every failure is an error whose text a user can act on:
/// ec::unavailable: no node answered, or it gave up; exit_status::unreachable: what answered is no node of this
/// version; any other code: what the node said. exit_status_of tells them apart.
class client {
public:
  /// `base_url` without a slash at its end; `token` is sent as bearer token unless it is empty.
  client(std::string base_url, std::string token);

  /// Sends a request and reads the answer strictly: node and hivectl are of one version, so what does not fit the
  /// schema is an error that says so. Waits a little longer than the request's timeout, so that the node's own report
  /// of a timeout comes first.
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

  /// Reads an answer that does not end of itself, until it does: the error says why that was. Each piece goes to
  /// `on_body`; when that returns false it ends too. `last_event_id` is sent unless it is empty. A stream that is
  /// silent for three times `defaults::event_keep_alive` has ended.
  caf::error follow(const node_request& request, const std::string& last_event_id,
                    std::function<bool(std::string_view)> on_body) const;

  /// What to say when what came does not fit its schema.
  caf::error unreadable(const node_request& request, const json_error& why) const;

  /// The node's id. ec::unsupported for a node that does not tell it.
  caf::expected<std::string> node_id() const;

private:
  /// What the node says of itself, read leniently: it may be of another version.
  caf::expected<std::map<std::string, std::string>> health() const;
  http::outgoing_request outgoing(const node_request& request) const;
  caf::expected<std::string> exchange(const node_request& request) const;

  std::string base_url_;
  std::string token_;
};

} // namespace hive::ctl
