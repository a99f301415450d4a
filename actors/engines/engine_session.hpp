#pragma once

#include "actors/engines/spawner.hpp"
#include "actors/hive/federation/api.hpp"
#include "actors/hive/link/actor_allowlist.hpp"
#include "actors/remote/api.hpp"
#include "actors/tracker/api.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <memory>

namespace hive {

/// Services that a session forwards requests to.
struct engine_services {
  tracker_actor tracker;
  hive_view_actor hive;
  spawner_actor spawner;
};

/// internal: the engine of a session.
struct engine_session_context {
  engine_caller caller;
  std::shared_ptr<actor_allowlist> allowlist; ///< the actors that the engine spawns are added to it
};

/// The actor that a connection of an engine reaches: forwards permitted requests to the services, with the identity of
/// the engine. Services answer the session and not the engine, because an actor that answers over a connection can be
/// sent messages, exit messages included, over it.
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
  /// Lets the engine send to an actor that it receives.
  template <class Answer>
  void allow(const Answer& answer);

  pointer self_ = nullptr;
  engine_services services_;
  engine_session_context context_;
  size_t open_ = 0; ///< pending requests
};

engine_session_actor::behavior_type engine_session(engine_session_state::pointer self, engine_services services,
                                                   engine_session_context context);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_services)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::engine_session_context)
