#pragma once

#include "actors/http/server.hpp"

namespace hive::http {

/// The listening socket, its connections and the thread that serves them. Thread-safe.
class listener {
public:
  virtual ~listener() = default;

  /// Binds the address. Clients can connect from now on, but are served only after `serve`. Fails like `spawn_server`.
  static caf::expected<std::shared_ptr<listener>> open(server_options options, server_services services);

  /// Checks that the address may be served; otherwise ec::invalid.
  static caf::error check_address(const server_options& options);

  virtual uint16_t port() const = 0;

  /// Starts the thread; the routes' actions go to `gateway`. If the socket stops listening or the thread fails,
  /// `gateway` gets an exit with ec::internal. Call it once.
  virtual void serve(caf::actor gateway) = 0;

  /// Whether the thread still runs. Call it every `defaults::http_watch_interval`; false after `http_watch_misses`
  /// consecutive calls during which the thread did not run.
  virtual bool is_alive() = 0;

  /// Stops accepting connections and refuses new requests on open ones.
  virtual void drain() = 0;

  /// Number of requests whose answers are not yet written.
  virtual size_t in_flight() const = 0;

  /// Answers remaining requests with 503, closes all connections and ends the thread; a stuck thread is left behind.
  /// Required before the last owner is destroyed. Blocks for at most twice `defaults::http_flush_timeout`.
  virtual void close() = 0;
};

} // namespace hive::http
