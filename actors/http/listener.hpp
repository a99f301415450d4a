#pragma once

#include "actors/http/server.hpp"

namespace hive::http {

/// The listening socket, its connections and the thread that serves them. Safe to use from any thread.
class listener {
public:
  virtual ~listener() = default;

  /// Binds the address; clients can connect from now on, and are served once `serve` is called. Fails as
  /// `spawn_server`.
  static caf::expected<std::shared_ptr<listener>> open(server_options options, std::vector<route> routes,
                                                       std::shared_ptr<prometheus::Registry> metrics);

  /// Whether the address is one that may be served. Fails with ec::invalid.
  static caf::error check_address(const server_options& options);

  virtual uint16_t port() const = 0;

  /// Starts the thread; actions of the routes go to `gateway`. When the socket listens no more or the thread fails,
  /// `gateway` is told to exit with ec::internal. Once only.
  virtual void serve(caf::actor gateway) = 0;

  /// Whether the thread still runs. To be asked every `defaults::http_watch_interval`; false when it has not run for
  /// `http_watch_misses` of them.
  virtual bool is_alive() = 0;

  /// Accepts no more connections and refuses new requests on open ones.
  virtual void drain() = 0;

  /// Requests whose answer has not been written yet.
  virtual size_t in_flight() const = 0;

  /// Answers 503 to what is left, closes all connections and ends the thread; one that is stuck is left behind. Must be
  /// called before the last owner goes. Blocks for at most twice `defaults::http_flush_timeout`.
  virtual void close() = 0;
};

} // namespace hive::http
