#pragma once

#include "actors/http/authorizer.hpp"
#include "actors/http/bounds.hpp"
#include "actors/http/route.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>

namespace prometheus {
class Registry;
}

namespace hive::http {

/// Nothing of this touches stored data: whatever a request has been acknowledged for is durable before.
struct server_options {
  /// An IP address or `localhost`. One that other machines can reach needs `tokens` and `insecure`.
  std::string address = "127.0.0.1";
  /// 0 takes a free one.
  uint16_t port = 7420;
  /// Who may do what. None, which only a loopback address allows: everybody may do what `open` says.
  std::vector<access_token> tokens = {};
  /// The largest role that needs no token where there are none; role::anyone: everything needs one.
  role open = role::record;
  /// Enforces both; made from them when not given. Its owner may replace tokens while the server runs.
  std::shared_ptr<authorizer> access = {};
  /// Names and IP addresses by which the node is reached beside its own address, the loopback's and localhost.
  std::vector<std::string> hosts = {};
  /// The operator knows that tokens and data cross the network in the clear.
  bool insecure = false;
  /// Larger bodies get 413.
  size_t max_body_bytes = defaults::max_body_bytes;
  /// Requests in work; above it 503 with Retry-After.
  size_t max_in_flight = defaults::max_requests_in_flight;
  /// Bytes of the bodies of requests in work; above it those with a body get 503 with Retry-After. At least
  /// `max_body_bytes`.
  size_t max_body_bytes_in_flight = defaults::max_body_bytes_in_flight;
  /// Bytes of answers that are encoded and not yet written; above it questions with large answers wait, and then get
  /// 503 with Retry-After.
  size_t max_answer_bytes_in_flight = defaults::max_answer_bytes_in_flight;
  /// Open connections; beyond it the one that has been idle for longest makes room.
  size_t max_connections = defaults::max_connections;
  /// For a request to arrive, and for the next one to begin.
  std::chrono::milliseconds read_timeout = defaults::client_read_timeout;
  /// For an answer, or `defaults::write_progress_bytes` of it, to be taken.
  std::chrono::milliseconds write_timeout = defaults::client_write_timeout;
  /// For anything of an answer to be taken when others wait for the memory.
  std::chrono::milliseconds pressed_write_timeout = defaults::pressed_write_timeout;
  /// What requests in work get when the server is told to stop; then they are answered 503.
  std::chrono::milliseconds drain_timeout = defaults::http_drain_timeout;

  /// Fails with ec::invalid naming the option.
  caf::error validate() const;

  /// ADDRESS:PORT, for people; an IPv6 address in brackets.
  std::string endpoint() const;
};

struct running_server {
  /// Ends with the server. Told to exit it refuses new requests, lets those in work finish for `drain_timeout` and
  /// then ends; exit reason `kill` skips the wait. If it is gone, so is the listening socket.
  caf::actor gateway;
  uint16_t port = 0; ///< the one that is bound
};

/// Binds the address and serves `routes` from a thread of its own; their requests to actors are sent by the gateway.
/// Fails with ec::invalid (an option) or ec::unavailable (the address is in use or not of this machine), naming the
/// address. `metrics` gets the server's own metrics.
caf::expected<running_server> spawn_server(caf::actor_system& system, server_options options, std::vector<route> routes,
                                           std::shared_ptr<prometheus::Registry> metrics);

} // namespace hive::http
