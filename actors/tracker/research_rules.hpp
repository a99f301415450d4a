#pragma once

#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/tracker.capnp.h"

#include <string_view>

/// The rules of AutoResearch sessions, as functions over their stored form. Times are microseconds since 1970.
namespace hive::research {

/// The task type of the iterations' records.
inline constexpr const char* task_type = "autoresearch";

/// A new session. ec::invalid when only one half of an agent's name is given.
caf::expected<msg<wire::ResearchSession>> begin(wire::StartResearch::Reader wanted, std::string_view id,
                                                int64_t now_unix_micros);

/// The session with one more iteration; unchanged if that iteration is already stored. ec::invalid when the session is
/// finished or the duration is impossible for a task record.
caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchIteration::Reader iteration, int64_t now_unix_micros);

/// The session with one more improvement, by the same rules. ec::invalid also when the value does not beat the best so
/// far, and before the first iteration.
caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchImprovement::Reader improvement, int64_t now_unix_micros);

/// The finished session; an already finished one is unchanged.
msg<wire::ResearchSession> finish(const msg<wire::ResearchSession>& session, wire::FinishResearch::Reader how,
                                  int64_t now_unix_micros);

/// Whether the tracker may not have the newest iteration's task record yet.
bool owes_record(wire::ResearchSession::Reader session);

/// The newest iteration, which must exist, as a task record. Its idempotency key combines the session, its start and
/// the iteration's number, so that it can be sent again and cannot collide with a client's key.
msg<wire::RecordTasks> newest_record(wire::ResearchSession::Reader session);

/// The session once the tracker has made that record durable.
msg<wire::ResearchSession> with_record(const msg<wire::ResearchSession>& session);

/// `delta` extended by the counts of a session.
msg<wire::LearningDelta> with_counts(const msg<wire::LearningDelta>& delta, wire::ResearchSession::Reader session);

} // namespace hive::research
