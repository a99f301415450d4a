#pragma once

#include "actors/engines/engine_session.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/hive/link/socket_shutdown_guard.hpp"
#include "actors/remote/api.hpp"

#include <map>
#include <string>

namespace hive {

/// internal: what the desk hears beside the door.
using engine_acceptor_actor = engine_host_actor::extend<caf::reacts_to<introduced<engine_presence_actor>>>;

/// Takes the engines that come to the door: each connection gets a session, and loses it when it ends. Engines are no
/// members of the hive: nobody is told of them, and of a node they reach nothing but their session.
class engine_acceptor_state {
public:
  using pointer = engine_acceptor_actor::stateful_pointer<engine_acceptor_state>;
  static inline const char* name = "engine_acceptor";

  engine_acceptor_state() = default;
  engine_acceptor_state(const engine_acceptor_state&) = delete;
  engine_acceptor_state& operator=(const engine_acceptor_state&) = delete;
  /// Ends all connections.
  ~engine_acceptor_state();

  void init(pointer self, engine_services services, const node_id& own_id);

  /// ec::overloaded, or ec::already_exists for an engine that is connected: CAF allows one connection between two actor
  /// systems.
  caf::result<caf::ok_atom> admit(const admission_request& asked);
  void on_handshake_done(const handshake_done& done);
  void on_handshake_failed(const handshake_failed& failed);
  void on_introduced(const introduced<engine_presence_actor>& over);
  void on_down(const caf::down_msg& down);

private:
  /// Without `presence` it is still being introduced.
  struct connection {
    engine_id engine;
    std::string remote;
    socket_shutdown_guard guard;
    engine_session_actor session;
    caf::actor introduction;
    engine_presence_actor presence;
  };

  void end(connection_id id, const std::string& why);
  static void end_actors(const connection& what);

  pointer self_ = nullptr;
  engine_services services_;
  std::optional<link_table> admitted_;
  std::map<connection_id, connection> connections_;
};

/// Spawn with `sys.spawn(engine_acceptor, services, own_id)`.
engine_acceptor_actor::behavior_type engine_acceptor(engine_acceptor_state::pointer self, engine_services services,
                                                     node_id own_id);

} // namespace hive
