#pragma once

#include "actors/http/authorizer.hpp"

#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hive {

template <class Self>
class timed_requests;

} // namespace hive

namespace hive::http {

enum class method : uint8_t { get, post, put, delete_ };

/// As in the request line: GET, POST, PUT, DELETE.
std::string_view to_string(method verb);

/// A name with its percent-decoded value, from a path or a query string.
using parameter = std::pair<std::string, std::string>;

/// A routed and authorised request whose content has not been read yet.
struct request {
  method verb = method::get;
  std::string_view path; ///< as received, still percent-encoded
  std::vector<parameter> path_parameters;
  std::vector<parameter> query;
  std::string_view content_type;
  std::string_view content_encoding = {}; ///< of a body on a route that takes compressed ones; empty: none
  std::string_view body;
  std::string_view last_event_id = {};   ///< of a client that reconnects to an event stream; empty: none
  std::string_view accept_encoding = {}; ///< codings that the client takes; empty: as they are
  std::string_view if_none_match = {};   ///< tags of what the client has; empty: none
  std::string token = {};                ///< name of the configured token, on a route that asks for it; empty: none
  caf::error may_not_operate = {};       ///< why its sender lacks role operate, on such a route; none if it has it
  caller sender = {};                    ///< what its sender may do, on such a route
  std::string_view peer = {};            ///< address from which it came; empty: not known
  std::string_view name_space = {};      ///< id of the namespace that it is about; empty: the node itself
};

/// The part of a body that is made while it is sent, so that a large body never exists as a whole.
class body_source {
public:
  virtual ~body_source() = default;

  /// Appends the next piece. False when it was the last one. Called by one thread at a time.
  virtual bool next(std::string& out) = 0;

  /// Bytes that it occupies while it exists.
  virtual size_t size() const = 0;
};

struct response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<parameter> headers;         ///< further header fields
  std::string failure;                    ///< error for the log; empty on success
  std::shared_ptr<body_source> rest = {}; ///< follows `body`, if there is one
};

/// An answer sent in pieces, until the stream is destroyed, its client disconnects or the server stops.
class body_stream {
public:
  virtual ~body_stream() = default;

  /// Sends a piece. `taken`, which is required, is called from the server's thread when more can be sent, and is
  /// dropped if that never happens. No other piece may be sent before it is called.
  virtual void send(std::string piece, std::function<void()> taken) = 0;
};

class exchange;
using exchange_ptr = std::shared_ptr<exchange>;

/// Sends requests in the name of the gateway actor.
using gateway_requests = timed_requests<caf::event_based_actor>;

/// An action for the gateway actor: typically sends a request and answers when the response arrives.
using action = std::function<void(gateway_requests& gateway, exchange_ptr)>;

/// A request waiting for its answer. Its holder answers once, from any thread. If dropped unanswered, it answers 503,
/// so that no client waits for a service that has gone.
class exchange {
public:
  virtual ~exchange() = default;

  /// The request; its views are valid as long as the exchange.
  virtual const http::request& request() const = 0;

  /// Sends the answer; a second answer is ignored.
  virtual void answer(response what) = 0;

  /// Starts a streamed answer with `head`, whose body must be empty. Null when there was an answer already, or when the
  /// client requested only the head.
  virtual std::shared_ptr<body_stream> stream(response head) = 0;

  /// Runs `next` inside the gateway actor.
  virtual void forward(action next) = 0;

  /// The same for what only an operator may do, on a route that is marked so: the audit has it on disk before.
  virtual void operate(action next) {
    forward(std::move(next));
  }

  /// Keeps `what` until the exchange ends. Call it before others know the exchange, and once at most.
  virtual void keep(std::shared_ptr<void> what) = 0;

  /// Runs long-running `work` on a separate thread. Dropped if the server has closed by then.
  virtual void run_aside(std::function<void()> work) = 0;
};

} // namespace hive::http
