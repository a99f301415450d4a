#pragma once

#include "actors/baseline/api.hpp"
#include "actors/remote/api.hpp"
#include "actors/store/api.hpp"
#include "actors/tracker/api.hpp"
#include "messages/msg.hpp"
#include "storage/database.hpp"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// Services that the research sessions and their manager depend on.
struct research_services {
  std::shared_ptr<const database> db;
  committer_actor committer;
  tracker_actor tracker;
  publisher_actor publisher;
  agent_actor baselines = {}; ///< for sessions that name an agent
};

/// Spawns the actor of a stored, running session. It performs one step at a time; each is durable before the next
/// begins. First it stores the step, then it sends the step's task record, and then it stores that the record has
/// arrived. So at most one record is unconfirmed at any time. After a restart, that record is sent again immediately,
/// with the same key, before the tracker can have forgotten the key. Ends when the session is finished.
///
/// Before an improvement of a session with an agent counts, the agent is validated against the baseline of the
/// session's start. What passed is stored, and then captured in the same way as a record is sent. What did not pass is
/// stored with the reason and not captured. Errors of the baselines are such reasons, so they never fail the step.
research_session_actor spawn_research_session(caf::actor_system& system, research_services services,
                                              msg<wire::ResearchSession> session);

} // namespace hive
