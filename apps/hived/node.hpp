#pragma once

#include "actors/node/supervisor.hpp"
#include "apps/hived/config.hpp"
#include "apps/hived/shutdown_guard.hpp"
#include "apps/hived/signal_watcher.hpp"
#include "messages/ids.hpp"

#include <memory>

namespace hive {

/// A running node: the store, the actor system and the services, wired together. The only place that knows them all.
class node {
public:
  /// Opens the store, raises and keeps the epoch, starts every service. Returns when the node serves.
  static caf::expected<std::unique_ptr<node>> start(const node_config& config);

  ~node();

  const node_id& id() const;

  /// ADDRESS:PORT with the port that is really bound.
  std::string http_endpoint() const;

  /// The same of the door, or "off".
  std::string door_endpoint() const;

  /// Reads the tokens again at each SIGHUP. Returns after an ordered stop: nothing when a signal asked for it, else why
  /// the node gave up. `guard` bounds how long the stop may take, the end of this node included.
  caf::error serve_until(signal_watcher& signals, shutdown_guard& guard);

private:
  struct impl;
  explicit node(std::unique_ptr<impl> state);

  std::unique_ptr<impl> impl_;
};

} // namespace hive
