#pragma once

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive::http {

enum class method : uint8_t { get, post, put, delete_ };

/// As it stands in the request line: GET, POST, PUT, DELETE.
std::string_view to_string(method verb);

/// A name and its percent-decoded value, from a path or a query string.
using parameter = std::pair<std::string, std::string>;

/// A request as far as HTTP goes: routed and authorised, its content not looked at yet.
struct request {
  method verb = method::get;
  std::string_view path; ///< as received, still percent-encoded
  std::vector<parameter> path_parameters;
  std::vector<parameter> query;
  std::string_view content_type;
  std::string_view body;
  std::string_view last_event_id = {}; ///< of a client that comes back to an event stream; empty: none
};

struct response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<parameter> headers; ///< further header fields
  std::string failure;            ///< what went wrong, for the log; empty on success
};

/// An answer that is sent in pieces as they come, until the stream is destroyed, its client goes or the server stops.
class body_stream {
public:
  virtual ~body_stream() = default;

  /// Sends a piece. `taken`, which must be given, is called from the server's thread when the client can be sent more,
  /// and is dropped when there will never be more to send. Until then no other piece may be sent.
  virtual void send(std::string piece, std::function<void()> taken) = 0;
};

class exchange;
using exchange_ptr = std::shared_ptr<exchange>;

/// What the gateway actor does with an exchange: ask someone and answer when they do.
using action = std::function<void(caf::event_based_actor* gateway, exchange_ptr)>;

/// A request that waits for its answer. Whoever holds it answers it, once and from any thread; dropped unanswered, it
/// answers 503 by itself, so that no client waits for a service that has gone.
class exchange {
public:
  virtual ~exchange() = default;

  /// The request; its views hold as long as the exchange does.
  virtual const http::request& request() const = 0;

  /// Sends the answer. A second answer is dropped.
  virtual void answer(response what) = 0;

  /// Answers with `head`, whose body must be empty, and then with what the stream is given. Null when there was an
  /// answer before, or when the client asked for the head alone.
  virtual std::shared_ptr<body_stream> stream(response head) = 0;

  /// Lets `next` run inside the gateway actor.
  virtual void forward(action next) = 0;

  /// Lets `work`, which takes long, run on a thread for that. It is dropped when the server has closed by then.
  virtual void run_aside(std::function<void()> work) = 0;
};

} // namespace hive::http
