#pragma once

#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/tracker.capnp.h"

#include <string_view>

/// The rules of an AutoResearch session, over its stored form. Times are microseconds since 1970.
namespace hive::research {

/// The task type of every iteration's record.
inline constexpr const char* task_type = "autoresearch";

/// A session that has just begun. ec::invalid for an agent that is named by half.
caf::expected<msg<wire::ResearchSession>> begin(wire::StartResearch::Reader wanted, std::string_view id,
                                                int64_t now_unix_micros);

/// The session after one more iteration, or the same one for an iteration that is among the kept ones already.
/// ec::invalid for a finished session and for a duration that no task record can have.
caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchIteration::Reader iteration, int64_t now_unix_micros);

/// The session after one more improvement, likewise. ec::invalid also for a value that is no better than the best so
/// far, and before the first iteration.
caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchImprovement::Reader improvement, int64_t now_unix_micros);

/// The session when it has ended; a finished one stays as it is.
msg<wire::ResearchSession> finish(const msg<wire::ResearchSession>& session, wire::FinishResearch::Reader how,
                                  int64_t now_unix_micros);

/// Whether the newest iteration may not have become a task record yet.
bool owes_record(wire::ResearchSession::Reader session);

/// The newest iteration as a task record. There must be one. Its idempotency key is made of the session, its start and
/// the iteration's number, so that it may be sent again and no client takes the key for something else.
msg<wire::RecordTasks> newest_record(wire::ResearchSession::Reader session);

/// The session when that record is durable.
msg<wire::ResearchSession> with_record(const msg<wire::ResearchSession>& session);

/// `delta` with the counts of a session in it.
msg<wire::LearningDelta> with_counts(const msg<wire::LearningDelta>& delta, wire::ResearchSession::Reader session);

} // namespace hive::research
