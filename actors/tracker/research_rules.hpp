#pragma once

#include "messages/baseline.capnp.h"
#include "messages/msg.hpp"
#include "messages/research.capnp.h"
#include "messages/tracker.capnp.h"

#include <optional>
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

/// What the baselines say about an improvement; nothing when the session names no agent.
using improvement_baseline = std::optional<msg<wire::ResearchBaseline>>;

/// The session with one more improvement, by the same rules. ec::invalid also when the value does not beat the best so
/// far, and before the first iteration. One that did not pass is kept with its reason, and does not count.
caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchImprovement::Reader improvement, int64_t now_unix_micros,
                                              const improvement_baseline& baseline = {});

/// The answer to an improvement: the session and, when it names an agent, what the baselines said about this
/// improvement.
msg<wire::ResearchSession> answer_to(wire::ResearchImprovement::Reader improvement,
                                     const msg<wire::ResearchSession>& session);

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

// -- the agent that a session improves ------------------------------------------------

/// Whether the session names one.
bool has_agent(wire::ResearchSession::Reader session);

/// The capture with which a session begins: what its improvements are compared with.
msg<wire::CaptureBaseline> start_capture(wire::ResearchSession::Reader session);
/// The session once that is durable.
msg<wire::ResearchSession> with_start_baseline(const msg<wire::ResearchSession>& session, uint32_t version);

/// Asks how the agent performs now, compared with the session's start.
msg<wire::ValidateAgent> validation(wire::ResearchSession::Reader session);
/// What the answer means for an improvement; an error is no pass.
msg<wire::ResearchBaseline> judge(wire::AgentValidation::Reader found);
msg<wire::ResearchBaseline> judge(const caf::error& why_unknown);

/// Whether the newest improvement passed and its baseline may not be captured yet.
bool owes_capture(wire::ResearchSession::Reader session);
/// The capture of the newest improvement. Its idempotency key is made like that of a task record.
msg<wire::CaptureBaseline> improvement_capture(wire::ResearchSession::Reader session);
/// The session once that is durable, or why there is none.
msg<wire::ResearchSession> with_improvement_baseline(const msg<wire::ResearchSession>& session, uint32_t version,
                                                     std::string_view why_none);

/// `delta` extended by the counts of a session.
msg<wire::LearningDelta> with_counts(const msg<wire::LearningDelta>& delta, wire::ResearchSession::Reader session);

} // namespace hive::research
