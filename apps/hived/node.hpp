#pragma once

#include "apps/hived/config.hpp"
#include "apps/hived/shutdown_guard.hpp"
#include "apps/hived/signal_watcher.hpp"
#include "messages/ids.hpp"
#include "storage/write_progress.hpp"

#include <functional>
#include <memory>

namespace hive {

/// A running node: store, actor system and services. Joins the groups of services that apps/hived/wiring describes.
class node {
public:
  /// Called with the reason when a node cannot be started, before what was started is stopped, which may take long;
  /// without writes when there is no store.
  using failure_handler = std::function<void(const caf::error&, std::shared_ptr<const write_progress>)>;

  /// Opens the store, increments and stores the epoch, and starts all services. Returns when the node serves.
  static caf::expected<std::unique_ptr<node>> start(const node_config& config, const failure_handler& on_failure);

  ~node();

  const node_id& id() const;

  /// ADDRESS:PORT with the port actually bound.
  std::string http_endpoint() const;

  /// The door's ADDRESS:PORT, or "off".
  std::string door_endpoint() const;

  /// Serves until the node stops, and reloads the tokens and the certificates at each SIGHUP. Returns after an orderly
  /// stop: no error when a signal requested it, else why the node gave up. `guard` bounds the duration of the stop,
  /// including this node's destruction.
  caf::error serve_until(signal_watcher& signals, shutdown_guard& guard);

private:
  struct impl;
  explicit node(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
