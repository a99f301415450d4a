#pragma once

#include "actors/engines/spawner.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/hive/link/reachable_actors.hpp"
#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>

namespace hive {

/// Whom a gate passes an engine's requests on to.
struct engine_services {
  tracker_actor tracker;
  hive_view_actor hive;
  spawner_actor spawner;
};

/// internal: who a gate is for.
struct engine_visitor {
  engine_caller who;
  std::shared_ptr<reachable_actors> within_reach; ///< gets what the engine spawns
};

/// What one connection of an engine reaches: passes on what an engine may ask, and says who asks. The services answer
/// the gate and not the engine: an actor that answers over a connection can be sent to, and told to exit, over it.
class engine_gate_state {
public:
  using pointer = engine_gate_actor::stateful_pointer<engine_gate_state>;
  static inline const char* name = "engine_gate";

  void init(pointer self, engine_services services, engine_visitor visitor);

  template <class Answer, class Whom, class Request>
  caf::result<Answer> pass(const Whom& whom, Request request);

  template <class Answer, class Request>
  caf::result<Answer> ask_spawner(const msg<Request>& request) {
    return pass<Answer>(services_.spawner, engine_asks<Request>{visitor_.who, request});
  }

  const engine_services& services() const {
    return services_;
  }

private:
  /// An actor that the engine gets it may also send to.
  template <class Answer>
  void bring_within_reach(const Answer& answer);

  pointer self_ = nullptr;
  engine_services services_;
  engine_visitor visitor_;
  size_t open_ = 0; ///< requests that are not answered yet
};

/// Spawn with `self->spawn(engine_gate, services, visitor)`.
engine_gate_actor::behavior_type engine_gate(engine_gate_state::pointer self, engine_services services,
                                             engine_visitor visitor);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_services)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_visitor)
