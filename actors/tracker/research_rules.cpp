#include "actors/tracker/research_rules.hpp"

#include "actors/defaults.hpp"
#include "messages/change.hpp"
#include "messages/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace hive::research {
namespace {

using wire::IterationOutcome;

caf::error check_running(const msg<wire::ResearchSession>& session) {
  if (session->getState() == wire::ResearchState::RUNNING)
    return caf::none;
  return fail(ec::invalid, "research session " + std::string{as_view(session->getId())} + " is finished");
}

/// Whether a stored step has this key.
template <class Steps>
bool holds(Steps kept, capnp::Text::Reader key) {
  for (auto step : kept)
    if (key.size() > 0 && as_view(step.getIdempotencyKey()) == as_view(key))
      return true;
  return false;
}

/// The stored steps followed by a new one, without the oldest if there are too many. `init` creates the list.
template <class Steps, class Init, class Fill>
void append(Steps kept, Init init, Fill fill) {
  auto keep = std::min(kept.size(), defaults::kept_research_steps - 1);
  auto list = init(keep + 1);
  for (uint32_t i = 0; i < keep; ++i)
    list.setWithCaveats(i, kept[kept.size() - keep + i]);
  fill(list[keep]);
}

bool is_better(double value, double than, wire::Direction direction) {
  return direction == wire::Direction::HIGHER ? value > than : value < than;
}

void count(wire::ResearchSession::Builder out, wire::ResearchIteration::Reader iteration) {
  out.setIterations(out.getIterations() + 1);
  out.setFailed(out.getFailed() + (iteration.getOutcome() == IterationOutcome::FAILURE));
  out.setTimedOut(out.getTimedOut() + (iteration.getOutcome() == IterationOutcome::TIMEOUT));
  out.setTotalTimeS(out.getTotalTimeS() + iteration.getDurationS());
}

/// At most 63 bytes, even with the longest id; a task record's key may have 64.
std::string record_key(wire::ResearchSession::Reader session, uint32_t number) {
  constexpr int64_t micros_per_ms = 1'000;
  std::array<char, 16> start{};
  auto end = std::to_chars(start.data(), start.data() + start.size(), session.getStartedAt() / micros_per_ms, 16).ptr;
  return std::string{as_view(session.getId())} + "@" + std::string{start.data(), end} + "." + std::to_string(number);
}

capnp::Text::Reader first_given(capnp::Text::Reader own, capnp::Text::Reader general) {
  return own.size() > 0 ? own : general;
}

} // namespace

caf::expected<msg<wire::ResearchSession>> begin(wire::StartResearch::Reader wanted, std::string_view id,
                                                int64_t now_unix_micros) {
  if ((wanted.getPromptId().size() > 0) != (wanted.getFlowId().size() > 0))
    return fail(ec::invalid, "/prompt_id and /flow_id name an agent together: give both or none");
  if (wanted.getToolName().size() == 0)
    return fail(ec::invalid, "/tool_name must not be empty");
  return msg<wire::ResearchSession>::build([&](wire::ResearchSession::Builder out) {
    out.setId(std::string{id});
    out.setTopic(wanted.getTopic());
    out.setToolName(wanted.getToolName());
    out.setModelName(wanted.getModelName());
    out.setUserId(wanted.getUserId());
    out.setMetric(wanted.getMetric());
    out.setDirection(wanted.getDirection());
    out.setInitialValue(wanted.getInitialValue());
    out.setBestValue(wanted.getInitialValue());
    out.setPromptId(wanted.getPromptId());
    out.setFlowId(wanted.getFlowId());
    out.setStartedAt(now_unix_micros);
  });
}

caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchIteration::Reader iteration, int64_t now_unix_micros) {
  if (holds(session->getRecentIterations(), iteration.getIdempotencyKey()))
    return session;
  if (auto finished = check_running(session))
    return finished;
  return changed(session, [&](wire::ResearchSession::Builder out) {
    count(out, iteration);
    append(
      session->getRecentIterations(), [&](uint32_t size) { return out.initRecentIterations(size); },
      [&](wire::ResearchIteration::Builder newest) {
        newest.setId(iteration.getId());
        newest.setOutcome(iteration.getOutcome());
        newest.setDurationS(iteration.getDurationS());
        newest.setHypothesis(iteration.getHypothesis());
        newest.setValue(iteration.getValue());
        newest.setToolName(first_given(iteration.getToolName(), session->getToolName()));
        newest.setModelName(first_given(iteration.getModelName(), session->getModelName()));
        newest.setIdempotencyKey(iteration.getIdempotencyKey());
        newest.setNumber(out.getIterations());
        newest.setEndedAt(now_unix_micros);
      });
  });
}

caf::expected<msg<wire::ResearchSession>> add(const msg<wire::ResearchSession>& session,
                                              wire::ResearchImprovement::Reader improvement, int64_t now_unix_micros) {
  if (holds(session->getRecentImprovements(), improvement.getIdempotencyKey()))
    return session;
  if (auto finished = check_running(session))
    return finished;
  if (session->getIterations() == 0)
    return fail(ec::invalid, "an improvement needs an iteration, and there is none yet");
  auto value = improvement.getValue();
  auto best = session->getBestValue();
  if (!std::isnan(value) && !std::isnan(best) && !is_better(value, best, session->getDirection()))
    return fail(ec::invalid,
                "/value " + std::to_string(value) + " is no better than the best so far, " + std::to_string(best));
  return changed(session, [&](wire::ResearchSession::Builder out) {
    out.setImprovements(out.getImprovements() + 1);
    if (!std::isnan(value))
      out.setBestValue(value);
    append(
      session->getRecentImprovements(), [&](uint32_t size) { return out.initRecentImprovements(size); },
      [&](wire::ResearchImprovement::Builder newest) {
        newest.setId(improvement.getId());
        newest.setValue(value);
        newest.setGitSha(improvement.getGitSha());
        newest.setDescription(improvement.getDescription());
        newest.setIdempotencyKey(improvement.getIdempotencyKey());
        newest.setNumber(out.getImprovements());
        newest.setIteration(out.getIterations());
        newest.setKeptAt(now_unix_micros);
      });
  });
}

msg<wire::ResearchSession> finish(const msg<wire::ResearchSession>& session, wire::FinishResearch::Reader how,
                                  int64_t now_unix_micros) {
  if (session->getState() == wire::ResearchState::FINISHED)
    return session;
  return changed(session, [&](wire::ResearchSession::Builder out) {
    out.setState(wire::ResearchState::FINISHED);
    out.setFinishedAt(now_unix_micros);
    out.setSummary(how.getSummary());
  });
}

bool owes_record(wire::ResearchSession::Reader session) {
  return session.getRecorded() < session.getIterations();
}

msg<wire::RecordTasks> newest_record(wire::ResearchSession::Reader session) {
  auto kept = session.getRecentIterations();
  auto newest = kept[kept.size() - 1];
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto task = out.initTasks(1)[0];
    task.setTaskType(task_type);
    task.setToolName(newest.getToolName());
    task.setModelName(newest.getModelName());
    task.setUserId(session.getUserId());
    task.setCompletionTimeS(newest.getDurationS());
    task.setSuccess(newest.getOutcome() == IterationOutcome::SUCCESS);
    task.setTimestamp(newest.getEndedAt());
    task.setIdempotencyKey(record_key(session, newest.getNumber()));
  });
}

msg<wire::ResearchSession> with_record(const msg<wire::ResearchSession>& session) {
  return changed(session, [&](wire::ResearchSession::Builder out) { out.setRecorded(session->getIterations()); });
}

msg<wire::LearningDelta> with_counts(const msg<wire::LearningDelta>& delta, wire::ResearchSession::Reader session) {
  return changed(delta, [&](wire::LearningDelta::Builder out) {
    auto counts = out.initAutoresearch(1)[0];
    counts.setSession(session.getId());
    counts.setToolName(session.getToolName());
    counts.setIterations(session.getIterations());
    counts.setFailed(session.getFailed());
    counts.setTimedOut(session.getTimedOut());
    counts.setImprovements(session.getImprovements());
    counts.setTotalTimeS(session.getTotalTimeS());
  });
}

} // namespace hive::research
