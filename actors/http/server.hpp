#pragma once

#include "actors/http/authorizer.hpp"
#include "actors/http/bounds.hpp"
#include "actors/http/peer.hpp"
#include "actors/http/route.hpp"
#include "actors/namespaces/api.hpp"

#include <caf/actor.hpp>
#include <caf/fwd.hpp>
#include <filesystem>

namespace prometheus {
class Registry;
}

namespace hive::http {

class tls_identity;

/// A Unix socket beside the TCP one.
struct unix_socket_options {
  std::filesystem::path path = {}; ///< absolute; empty: none
  mode_t mode = 0660;              ///< of the socket's file: who may connect
  user_roles roles = {};           ///< what its clients may do without a token
};

/// Options of the HTTP server. A crash loses no acknowledged request: its data is durable before the answer.
struct server_options {
  /// An IP address or `localhost`. Addresses reachable from other machines require `tls` or `insecure`, and that
  /// nobody gets in without a token or a certificate.
  std::string address = "127.0.0.1";
  /// 0 picks a free port.
  uint16_t port = 7420;
  /// Access tokens. Without any, which only loopback addresses allow, everybody has role `open`.
  std::vector<access_token> tokens = {};
  /// The highest role that needs no token when there are no tokens; role::anyone: everything needs one.
  role open = role::record;
  /// Enforces `tokens` and `open`; created from them when absent. Its owner may replace the tokens while the server
  /// runs.
  std::shared_ptr<authorizer> access = {};
  /// Additional names and IP addresses of the node; its own address, the loopback and localhost are always accepted.
  std::vector<std::string> hosts = {};
  /// The operator accepts that tokens and data cross the network unencrypted.
  bool insecure = false;
  /// Serves HTTPS instead of HTTP over TCP. Its owner may reload it while the server runs.
  std::shared_ptr<tls_identity> tls = {};
  /// Certificates that are revoked get nothing, on open connections neither.
  std::shared_ptr<const trust_register> trust = std::make_shared<trust_register>();
  unix_socket_options unix_socket = {};
  /// Larger bodies get 413.
  size_t max_body_bytes = defaults::max_body_bytes;
  /// Limit of concurrent requests; above it 503 with Retry-After.
  size_t max_in_flight = defaults::max_requests_in_flight;
  /// Limit of the total body bytes of concurrent requests; above it, requests with a body get 503 with Retry-After. At
  /// least `max_body_bytes`.
  size_t max_body_bytes_in_flight = defaults::max_body_bytes_in_flight;
  /// Limit of encoded but unwritten answer bytes; above it, requests with large answers wait and then get 503 with
  /// Retry-After.
  size_t max_answer_bytes_in_flight = defaults::max_answer_bytes_in_flight;
  /// Limit of open connections; above it, the longest idle one is closed.
  size_t max_connections = defaults::max_connections;
  /// Time limit for a request to arrive, and for the next one to begin.
  std::chrono::milliseconds read_timeout = defaults::client_read_timeout;
  /// Time limit for a client to take an answer, or `defaults::write_progress_bytes` of it.
  std::chrono::milliseconds write_timeout = defaults::client_write_timeout;
  /// Time limit for a client to take any part of an answer when others wait for the memory.
  std::chrono::milliseconds pressed_write_timeout = defaults::pressed_write_timeout;
  /// Time for running requests when the server is told to stop; afterwards they get 503.
  std::chrono::milliseconds drain_timeout = defaults::http_drain_timeout;

  /// Fails with ec::invalid, naming the option.
  caf::error validate() const;

  /// ADDRESS:PORT for display; an IPv6 address in brackets.
  std::string endpoint() const;
};

/// What a server serves.
struct server_services {
  std::vector<route> routes;
  std::shared_ptr<prometheus::Registry> metrics; ///< gets the server's metrics
  namespaces_actor namespaces = {};              ///< needed if a route has namespaces
};

struct running_server {
  /// The actor that stands for the server and ends with it. On exit it refuses new requests, lets running ones finish
  /// for `drain_timeout` and then ends; exit reason `kill` skips the wait. Once it is gone, the listening socket is
  /// closed.
  caf::actor gateway;
  uint16_t port = 0; ///< the port actually bound
};

/// Binds the address and serves `routes` from its own thread; the gateway sends the routes' requests to actors. Fails
/// with ec::invalid (an option) or ec::unavailable (the address is in use or not local), naming the address. Adds the
/// server's metrics to `metrics`.
caf::expected<running_server> spawn_server(caf::actor_system& system, server_services services, server_options options);

} // namespace hive::http
