#pragma once

#include "actors/engine_client/lease_keeper.hpp"
#include "actors/hive/link/hello.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/hive/link/socket_shutdown_guard.hpp"
#include "actors/hive/link/tls_context.hpp"
#include "actors/remote/api.hpp"
#include "messages/door.capnp.h"

#include <caf/scoped_actor.hpp>
#include <map>
#include <mutex>

namespace hive {

/// Identity that an engine presents to nodes.
struct engine_self {
  node_identity identity; ///< created for this process
  msg<wire::Hello> hello;
  std::optional<tls_context> tls;
};

/// Connections of an engine, at most one per node. Thread-safe.
class engine_connections {
public:
  engine_connections(caf::actor_system& system, engine_self self);
  ~engine_connections();

  struct reached {
    node_id node;
    engine_session_actor session;
    local_presence_actor local; ///< the engine's own end
  };

  /// Returns the connection with the node whose door has address `at`; connects if necessary. If `expected` is given
  /// and another node answers, the error is ec::integrity_violated. Fails as perform_handshake does.
  caf::expected<reached> reach(const endpoint& at, const std::optional<node_id>& expected, deadline until);

  /// The connection with a node, if there is one.
  std::optional<reached> find(const node_id& node);

private:
  struct connection {
    endpoint at;
    socket_shutdown_guard guard;
    local_presence_actor local;
    engine_session_actor session;
  };

  std::optional<reached> find(const endpoint& at, const std::optional<node_id>& expected);
  caf::expected<reached> dial(const endpoint& at, const std::optional<node_id>& expected, deadline until);
  caf::expected<engine_session_actor> introduce_to(channel stream, const engine_presence_actor& local);
  /// Removes lost connections.
  void sweep();
  void on_session_down(const caf::actor_addr& session);
  void drop(std::map<node_id, connection>::iterator which);

  caf::actor_system& system_;
  engine_self self_;
  std::mutex dialling_; ///< prevents two connections with one node
  std::mutex mutex_;    ///< guards the members below
  std::map<node_id, connection> connections_;
  caf::scoped_actor watcher_; ///< monitors the sessions
};

} // namespace hive
