#pragma once

#include "actors/http/access.hpp"
#include "actors/http/bounds.hpp"
#include "actors/http/exchange.hpp"
#include "actors/http/problem.hpp"
#include "actors/http/request_reader.hpp"
#include "actors/timed_requests.hpp"
#include "messages/json_pieces.hpp"

#include <caf/event_based_actor.hpp>
#include <capnp/schema.h>

namespace hive::http {

/// How a successful request is answered, and its time limit.
struct success {
  int status = 200;
  /// Template of the Location header, filled from the answer's fields; empty: none.
  std::string location = {};
  std::chrono::milliseconds timeout = defaults::request_timeout;
};

/// An answer of a route, for the documentation.
struct documented_answer {
  int status = 200;
  capnp::StructSchema schema;
  bool has_location = false;
};

template <class Response>
documented_answer answers(int status, bool has_location = false) {
  return {status, capnp::Schema::from<Response>(), has_location};
}

namespace detail {

/// `location` with each {name} replaced by the field `name` of `answer`, a text or a number, percent-encoded.
std::string fill_location(std::string_view location, capnp::DynamicStruct::Reader answer);

/// An answer without its body.
response to_head(const success& how, capnp::DynamicStruct::Reader answer);

/// The JSON of a message, with `end` behind it.
template <class T>
class json_source final : public body_source {
public:
  json_source(const msg<T>& message, std::string end) : pieces_{message}, end_{std::move(end)} {
  }

  bool next(std::string& out) override {
    if (pieces_.next(out, defaults::json_piece_bytes))
      return true;
    out += end_;
    return false;
  }

  size_t size() const override {
    return pieces_.message().bytes().size();
  }

private:
  json_pieces<T> pieces_;
  const std::string end_;
};

template <class T>
response to_response(const success& how, const msg<T>& answer, std::string end = {}) {
  auto out = to_head(how, capnp::DynamicStruct::Reader{*answer});
  auto source = std::make_shared<json_source<T>>(answer, std::move(end));
  if (source->next(out.body))
    out.rest = std::move(source);
  return out;
}

/// Answers with an actor's message, and `end` behind it. Large messages are encoded on another thread, so that they do
/// not delay others.
template <class Response>
void answer_with(const exchange_ptr& to, const success& how, const msg<Response>& m, std::string end = {}) {
  auto encode = [to, how, m, end = std::move(end)] { to->answer(to_response(how, m, end)); };
  if (m.bytes().size() <= defaults::max_inline_json_bytes)
    encode();
  else
    to->run_aside(encode);
}

bool has_acceptable_content(const exchange& incoming);

} // namespace detail

/// Sends `question` to `actor` and answers with the response.
template <class Response, class Actor, class Request>
action ask(Actor actor, msg<Request> question, success how = {}) {
  return [actor, question, how](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(actor, how.timeout, question)
      .then([to, how](const msg<Response>& m) { detail::answer_with(to, how, m); },
            [to](const caf::error& error) { to->answer(problem(error)); });
  };
}

struct request_head;

/// One route of the API: the request, its handler and its documentation.
struct route {
  method verb = method::get;
  std::string path; ///< with {parameters} named as in JSON
  std::string summary;
  role access = role::read;
  std::optional<capnp::StructSchema> question;
  std::vector<documented_answer> documented;
  std::string media_type = "application/json"; ///< of the answer
  bool has_large_answers = false;              ///< limits how many of its requests are processed concurrently
  bool asks_for_token = false;                 ///< whether its requests tell the name of their token, and its role
  bool has_namespaces = false;                 ///< may be asked of a namespace, which has the same route
  bool waits_long = false;                     ///< its requests are refused at once when the server stops
  bool takes_gzip = false;                     ///< whether bodies may be compressed; its handler decompresses them
  bool may_operate = false;                    ///< some of its requests are acts of an operator, see exchange::operate
  /// Runs `go`, at once or later, with the exchange or one around it. Absent: `go` runs at once.
  std::function<void(const route&, const exchange_ptr&, std::function<void(const exchange_ptr&)> go)> wrap{};
  /// Told of each request whose sender lacks the role, with the answer. Called by the server's thread.
  std::function<void(const route&, const request_head&, const caller&, const response&)> on_refused{};
  /// Puts problems, also those of the server, into the form that the route's protocol demands. Absent: as they are.
  std::function<void(response& problem, std::string_view content_type)> restate{};
  /// Runs on the server's thread, or on a separate thread for large bodies; must not block.
  std::function<void(exchange_ptr)> handle;

  /// Decodes the request as `Request`, sends it to `actor`, and answers with its `Response`.
  template <class Request, class Response, class Actor>
  static route ask(method verb, std::string path, Actor actor, std::string summary, success how = {}) {
    return choose<Request>(
      verb, std::move(path), std::move(summary), {answers<Response>(how.status, !how.location.empty())},
      [actor, how](const msg<Request>& question) { return http::ask<Response>(actor, question, how); });
  }

  /// Decodes the request as `Request`; `pick` chooses the action from its content.
  template <class Request>
  static route choose(method verb, std::string path, std::string summary, std::vector<documented_answer> documented,
                      std::function<action(const msg<Request>&)> pick) {
    route out =
      raw(verb, std::move(path), std::move(summary), "application/json", [pick](const exchange_ptr& incoming) {
        if (!detail::has_acceptable_content(*incoming))
          return incoming->answer(problem(415, ec::unsupported, "the body's Content-Type must be application/json"));
        json_error why;
        if (auto question = read_request<Request>(incoming->request(), why))
          incoming->forward(pick(*question));
        else
          incoming->answer(problem(why));
      });
    out.question = capnp::Schema::from<Request>();
    out.documented = std::move(documented);
    return out;
  }

  /// Answers at once, without an actor. `make` must be fast; errors become problems.
  template <class Response>
  static route reply(std::string path, std::string summary, std::function<caf::expected<msg<Response>>()> make) {
    route out =
      raw(method::get, std::move(path), std::move(summary), "application/json", [make](const exchange_ptr& incoming) {
        if (auto answer = make())
          incoming->answer(detail::to_response({}, *answer));
        else
          incoming->answer(problem(answer.error()));
      });
    out.documented = {answers<Response>(200)};
    return out;
  }

  /// For everything but JSON records: text, files, streams. `handle` gets the exchange and may answer it at any time.
  static route raw(method verb, std::string path, std::string summary, std::string media_type,
                   std::function<void(exchange_ptr)> handle);

  /// The same route with a required role other than the default of its method, which is read for GET, record for POST
  /// and PUT, and operate for DELETE.
  route for_role(role needed) &&;

  /// The same route, marked as having answers of megabytes.
  route with_large_answers() &&;

  /// The same route, of which some requests are acts of an operator; with_token comes with it.
  route with_acts() &&;

  /// The same route, whose requests tell the name of their token, and whether their sender may operate the node.
  route with_token() &&;

  /// The same route, marked as one that waits for something to happen. A server that stops does not wait for it.
  route with_long_wait() &&;
};

} // namespace hive::http
