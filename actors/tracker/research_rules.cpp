#include "actors/tracker/research_rules.hpp"

#include "actors/defaults.hpp"
#include "messages/change.hpp"
#include "messages/text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace hive::research {
namespace {

using wire::IterationOutcome;

/// The bound of wire::ResearchBaseline's reason.
constexpr size_t max_reason_bytes = 1'024;

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

/// Identifies a step of this session. Has at most 64 bytes, the limit of a key, even with the longest id.
std::string step_key(wire::ResearchSession::Reader session, const std::string& step) {
  constexpr int64_t micros_per_ms = 1'000;
  std::array<char, 16> start{};
  auto end = std::to_chars(start.data(), start.data() + start.size(), session.getStartedAt() / micros_per_ms, 16).ptr;
  return std::string{as_view(session.getId())} + "@" + std::string{start.data(), end} + "." + step;
}

msg<wire::CaptureBaseline> capture(wire::ResearchSession::Reader session, const char* trigger, const std::string& step,
                                   capnp::Text::Reader git_sha) {
  return msg<wire::CaptureBaseline>::build([&](wire::CaptureBaseline::Builder out) {
    out.setPromptId(session.getPromptId());
    out.setFlowId(session.getFlowId());
    out.setTrigger(trigger);
    out.setUserId(session.getUserId().size() > 0 ? session.getUserId() : "system"); // as in HART OS
    out.setGitSha(git_sha);
    out.setIdempotencyKey(step_key(session, step));
  });
}

/// The newest improvement, if the baselines were asked about it.
std::optional<wire::ResearchImprovement::Reader> newest_judged(wire::ResearchSession::Reader session) {
  auto kept = session.getRecentImprovements();
  if (kept.size() == 0 || !kept[kept.size() - 1].hasBaseline())
    return std::nullopt;
  return kept[kept.size() - 1];
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
    out.setPolicy(wanted.getPolicy());
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
                                              wire::ResearchImprovement::Reader improvement, int64_t now_unix_micros,
                                              const improvement_baseline& baseline) {
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
  bool counts = !baseline || (*baseline)->getPassed();
  return changed(session, [&](wire::ResearchSession::Builder out) {
    out.setImprovements(out.getImprovements() + counts);
    out.setReverted(out.getReverted() + !counts);
    if (counts && !std::isnan(value))
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
        if (baseline)
          newest.setBaseline(**baseline);
      });
  });
}

msg<wire::ResearchSession> answer_to(wire::ResearchImprovement::Reader improvement,
                                     const msg<wire::ResearchSession>& session) {
  auto kept = session->getRecentImprovements();
  if (kept.size() == 0)
    return session;
  auto meant = kept[kept.size() - 1];
  for (auto each : kept) // a repeated request may mean an earlier one
    if (improvement.getIdempotencyKey().size() > 0 && each.getIdempotencyKey() == improvement.getIdempotencyKey())
      meant = each;
  if (!meant.hasBaseline())
    return session;
  return changed(session, [&](wire::ResearchSession::Builder out) { out.setBaseline(meant.getBaseline()); });
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
    task.setIdempotencyKey(step_key(session, std::to_string(newest.getNumber())));
  });
}

msg<wire::ResearchSession> with_record(const msg<wire::ResearchSession>& session) {
  return changed(session, [&](wire::ResearchSession::Builder out) { out.setRecorded(session->getIterations()); });
}

bool has_agent(wire::ResearchSession::Reader session) {
  return session.getPromptId().size() > 0;
}

msg<wire::CaptureBaseline> start_capture(wire::ResearchSession::Reader session) {
  return capture(session, "autoresearch_baseline", "start", {});
}

msg<wire::ResearchSession> with_start_baseline(const msg<wire::ResearchSession>& session, uint32_t version) {
  return changed(session, [&](wire::ResearchSession::Builder out) { out.setStartBaseline(version); });
}

msg<wire::ValidateAgent> validation(wire::ResearchSession::Reader session) {
  return msg<wire::ValidateAgent>::build([&](wire::ValidateAgent::Builder out) {
    out.setPromptId(session.getPromptId());
    out.setFlowId(session.getFlowId());
    out.setPolicy(session.getPolicy());
    out.setAgainst(session.getStartBaseline());
  });
}

msg<wire::ResearchBaseline> judge(wire::AgentValidation::Reader found) {
  return msg<wire::ResearchBaseline>::build([&](wire::ResearchBaseline::Builder out) {
    out.setPassed(found.getPassed());
    out.setRegressions(found.getRegressions());
    out.setComparedWith(found.getBaselineVersion());
    out.setMissing(found.getMissing());
    if (!found.getPassed())
      out.setReason(found.getReason());
  });
}

msg<wire::ResearchBaseline> judge(const caf::error& why_unknown) {
  return msg<wire::ResearchBaseline>::build([&](wire::ResearchBaseline::Builder out) {
    out.setReason(std::string{cut_text("the agent could not be validated: " + text_of(why_unknown), max_reason_bytes)});
  });
}

bool owes_capture(wire::ResearchSession::Reader session) {
  auto newest = newest_judged(session);
  return newest && newest->getBaseline().getPassed() && newest->getBaseline().getVersion() == 0 &&
         newest->getBaseline().getReason().size() == 0;
}

msg<wire::CaptureBaseline> improvement_capture(wire::ResearchSession::Reader session) {
  auto newest = *newest_judged(session);
  return capture(session, "autoresearch_improvement", "i" + std::to_string(newest.getNumber()), newest.getGitSha());
}

msg<wire::ResearchSession> with_improvement_baseline(const msg<wire::ResearchSession>& session, uint32_t version,
                                                     std::string_view why_none) {
  return changed(session, [&](wire::ResearchSession::Builder out) {
    auto kept = out.getRecentImprovements();
    auto baseline = kept[kept.size() - 1].getBaseline();
    baseline.setVersion(version);
    if (version == 0)
      baseline.setReason(std::string{cut_text("not captured: " + std::string{why_none}, max_reason_bytes)});
  });
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
