#pragma once

#include "actors/engines/engine_session.hpp"
#include "actors/hive/link/handshake_runner.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/hive/link/socket_shutdown_guard.hpp"
#include "actors/remote/api.hpp"

#include <map>
#include <string>

namespace hive {

/// internal: adds the results of introductions.
using engine_acceptor_actor = engine_host_actor::extend<caf::reacts_to<introduced<engine_presence_actor>>>;

/// Accepts connections of engines from the door. Each gets a session, which ends with it. Engines are not members of
/// the hive: other nodes do not know of them, and an engine reaches nothing of a node but its session.
class engine_acceptor_state {
public:
  using pointer = engine_acceptor_actor::stateful_pointer<engine_acceptor_state>;
  static inline const char* name = "engine_acceptor";

  engine_acceptor_state() = default;
  engine_acceptor_state(const engine_acceptor_state&) = delete;
  engine_acceptor_state& operator=(const engine_acceptor_state&) = delete;
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
  /// Without `presence` the introduction is still running.
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

engine_acceptor_actor::behavior_type engine_acceptor(engine_acceptor_state::pointer self, engine_services services,
                                                     node_id own_id);

} // namespace hive
