#include "actors/baseline/agent_event.hpp"

namespace hive {
namespace {

template <class Fill>
msg<wire::Event> build(const stored_agent& who, wire::AgentChange what, Fill fill) {
  return msg<wire::Event>::build([&](wire::Event::Builder out) {
    out.setKind(wire::EventKind::AGENT);
    auto agent = out.initAgent();
    agent.setPromptId(who.prompt);
    agent.setFlowId(who.flow);
    agent.setChange(what);
    fill(agent);
  });
}

} // namespace

msg<wire::Event> agent_event(const stored_agent& who, wire::AgentChange what) {
  return build(who, what, [](wire::AgentEvent::Builder) {});
}

msg<wire::Event> agent_judged(const stored_agent& who, wire::AgentChange what,
                              wire::AgentValidation::Reader validation) {
  return build(who, what, [&](wire::AgentEvent::Builder out) {
    out.setVersion(validation.getBaselineVersion());
    out.setConfirmed(validation.getConfirmed());
    auto regressions = validation.getRegressions();
    auto list = out.initRegressions(regressions.size());
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, regressions[i].getText());
  });
}

msg<wire::Event> agent_confirmed(const stored_agent& who, const std::vector<std::string>& streams) {
  return build(who, wire::AgentChange::CONFIRMED, [&](wire::AgentEvent::Builder out) {
    out.setConfirmed(true);
    auto list = out.initRegressions(static_cast<uint32_t>(streams.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, streams[i]);
  });
}

msg<wire::Event> agent_accepted(const stored_agent& who, wire::AcceptAgent::Reader how, uint32_t version) {
  return build(who, wire::AgentChange::ACCEPTED, [&](wire::AgentEvent::Builder out) {
    out.setVersion(version);
    out.setReason(how.getReason());
  });
}

msg<wire::Event> agent_advice(const stored_agent& who, wire::AgentChange what, double reward_before,
                              double reward_now) {
  return build(who, what, [&](wire::AgentEvent::Builder out) {
    out.setRewardBefore(reward_before);
    out.setRewardNow(reward_now);
  });
}

} // namespace hive
