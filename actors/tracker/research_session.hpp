#pragma once

#include "actors/remote/api.hpp"
#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "messages/research.capnp.h"
#include "storage/database.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <functional>
#include <memory>

namespace hive {

/// The services that a research session depends on.
struct research_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  tracker_actor tracker;
  publisher_actor publisher;
};

/// Performs one step at a time; each is durable before the next begins. First the step is stored, then its task record
/// is sent, and then the record's arrival is stored. So at most one record is owed at any time. After a restart, it is
/// sent immediately under the same key, before the tracker can have forgotten that key.
class research_session_state {
public:
  using pointer = research_session_actor::stateful_pointer<research_session_state>;
  static inline const char* name = "research_session";

  /// Sends the owed record, if any.
  void init(pointer self, research_services services, msg<wire::ResearchSession> session);

  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchIteration>& iteration);
  caf::result<msg<wire::ResearchSession>> add(const msg<wire::ResearchImprovement>& improvement);
  caf::result<msg<wire::ResearchReport>> finish(const msg<wire::FinishResearch>& how);

private:
  using continuation = std::function<void(const caf::error&)>;

  template <class Step>
  caf::result<msg<wire::ResearchSession>> take(const msg<Step>& step);
  /// Sends the record that the tracker may not have yet.
  void settle(const continuation& then);
  void store(const msg<wire::ResearchSession>& next, const continuation& then);
  /// Publishes this node's learning delta with the session's counts, and ends.
  void publish(caf::typed_response_promise<msg<wire::ResearchReport>> promise);

  pointer self_ = nullptr;
  research_services services_;
  msg<wire::ResearchSession> session_; ///< the durable state
};

/// Spawn with `self->spawn(research_session, services, session)` for a stored, running session.
research_session_actor::behavior_type research_session(research_session_state::pointer self, research_services services,
                                                       msg<wire::ResearchSession> session);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::research_services)
