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

/// Whom a research session needs.
struct research_services {
  std::shared_ptr<database> db;
  committer_actor committer;
  tracker_actor tracker;
  publisher_actor publisher;
};

/// Takes one step at a time: each waits for the disk before the next one is looked at. A step is stored first, its task
/// record follows, and then it is stored that this has arrived. So at most one record is owed at any time; after a
/// restart it is sent at once, under the same key: the tracker has had no time to forget that.
class research_session_state {
public:
  using pointer = research_session_actor::stateful_pointer<research_session_state>;
  static inline const char* name = "research_session";

  /// Sends what the session owes.
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
  /// Hands what the node learned to the hive, with this session's counts, and ends.
  void publish(caf::typed_response_promise<msg<wire::ResearchReport>> promise);

  pointer self_ = nullptr;
  research_services services_;
  msg<wire::ResearchSession> session_; ///< what is durable
};

/// Spawn with `self->spawn(research_session, services, session)` for a stored session that is running.
research_session_actor::behavior_type research_session(research_session_state::pointer self, research_services services,
                                                       msg<wire::ResearchSession> session);

} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::research_services)
