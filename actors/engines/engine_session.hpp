#pragma once

#include "actors/engines/spawner.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>

namespace hive {

/// Whom a session passes an engine's requests on to.
struct engine_services {
  tracker_actor tracker;
  hive_view_actor hive;
  spawner_actor spawner;
};

/// internal: who a session is for.
struct engine_session_context {
  engine_caller caller;
  std::shared_ptr<actor_allowlist> allowlist; ///< gets what the engine spawns
};

/// What one connection of an engine reaches: passes on what an engine may ask, and says who asks. The services answer
/// the session and not the engine: an actor that answers over a connection can be sent to, and told to exit, over it.
class engine_session_state {
public:
  using pointer = engine_session_actor::stateful_pointer<engine_session_state>;
  static inline const char* name = "engine_session";

  void init(pointer self, engine_services services, engine_session_context context);

  template <class Answer, class Service, class Request>
  caf::result<Answer> pass(const Service& service, Request request);

  template <class Answer, class Request>
  caf::result<Answer> ask_spawner(const msg<Request>& request) {
    return pass<Answer>(services_.spawner, engine_request<Request>{context_.caller, request});
  }

  const engine_services& services() const {
    return services_;
  }

private:
  /// An actor that the engine gets it may also send to.
  template <class Answer>
  void allow(const Answer& answer);

  pointer self_ = nullptr;
  engine_services services_;
  engine_session_context context_;
  size_t open_ = 0; ///< requests that are not answered yet
};

/// Spawn with `self->spawn(engine_session, services, context)`.
engine_session_actor::behavior_type engine_session(engine_session_state::pointer self, engine_services services,
                                                   engine_session_context context);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_services)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_session_context)
