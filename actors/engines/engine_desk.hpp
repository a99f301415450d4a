#pragma once

#include "actors/engines/engine_gate.hpp"
#include "actors/hive/link/connection_cutter.hpp"
#include "actors/hive/link/greeting.hpp"
#include "actors/hive/link/introduction.hpp"
#include "actors/remote/api.hpp"

#include <map>
#include <string>

namespace hive {

/// internal: what the desk hears beside the door.
using engine_desk_actor = engine_host_actor::extend<caf::reacts_to<introduced<engine_presence_actor>>>;

/// Takes the engines that come to the door: each connection gets a gate, and loses it when it ends. Engines are no
/// members of the hive: nobody is told of them, and of a node they reach nothing but their gate.
class engine_desk_state {
public:
  using pointer = engine_desk_actor::stateful_pointer<engine_desk_state>;
  static inline const char* name = "engine_desk";

  engine_desk_state() = default;
  engine_desk_state(const engine_desk_state&) = delete;
  engine_desk_state& operator=(const engine_desk_state&) = delete;
  /// Ends all connections.
  ~engine_desk_state();

  void init(pointer self, engine_services services, const node_id& own_id);

  /// ec::overloaded, or ec::already_exists for an engine that is connected: CAF allows one connection between two actor
  /// systems.
  caf::result<caf::ok_atom> admit(const admission_request& asked);
  void on_greeted(const greeting_done& done);
  void on_not_greeted(const greeting_failed& failed);
  void on_introduced(const introduced<engine_presence_actor>& over);
  void on_down(const caf::down_msg& down);

private:
  /// Without `presence` it is still being introduced.
  struct connection {
    engine_id engine;
    std::string remote;
    connection_cutter cutter;
    engine_gate_actor gate;
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

/// Spawn with `sys.spawn(engine_desk, services, own_id)`.
engine_desk_actor::behavior_type engine_desk(engine_desk_state::pointer self, engine_services services, node_id own_id);

} // namespace hive
