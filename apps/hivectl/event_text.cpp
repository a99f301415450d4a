#include "apps/hivectl/event_text.hpp"

#include "apps/hivectl/format.hpp"
#include "messages/text.hpp"

namespace hive::ctl {
namespace {

std::string with_reason(std::string what, capnp::Text::Reader reason) {
  return reason.size() == 0 ? what : what + ": " + reason.cStr();
}

std::string describe(wire::MemberEvent::Reader member) {
  std::string who = member.getName().size() == 0
                      ? member.getNode().cStr()
                      : std::string{member.getName().cStr()} + " (" + member.getNode().cStr() + ")";
  return with_reason(who + " " + name_of(member.getChange()), member.getReason());
}

std::string describe(wire::CaptureEvent::Reader capture) {
  auto what = std::string{capture.getVersion().cStr()} + " " + name_of(capture.getStep());
  if (capture.getStep() == wire::CaptureStep::DELETED)
    what += " capture " + std::to_string(capture.getCaptureId());
  bool is_kept = capture.getStep() == wire::CaptureStep::FINISHED || capture.getStep() == wire::CaptureStep::IMPORTED;
  if (is_kept)
    what += ", " + std::to_string(capture.getMetrics()) + " metrics";
  if (capture.getAdapterErrors() > 0)
    what += ", " + std::to_string(capture.getAdapterErrors()) + " adapters failed";
  return with_reason(what, capture.getReason());
}

std::string describe(wire::VerdictEvent::Reader verdict) {
  return with_reason(std::string{verdict.getNew().cStr()} + " after " + verdict.getOld().cStr() + " is " +
                       name_of(verdict.getVerdict()) + " (policy " + name_of(verdict.getPolicy()) + ")",
                     verdict.getReason());
}

std::string describe(wire::AgentEvent::Reader agent) {
  auto what =
    std::string{agent.getPromptId().cStr()} + "/" + agent.getFlowId().cStr() + " " + name_of(agent.getChange());
  if (agent.getConfirmed())
    what += " (confirmed)";
  for (auto line : agent.getRegressions())
    what += std::string{", "} + line.cStr();
  return with_reason(what, agent.getReason());
}

std::string describe(wire::LeaseEvent::Reader lease) {
  std::string what = std::string{"GPU lease "} + lease.getId().cStr() + " of " + lease.getHolder().cStr();
  bool is_over = lease.getState() == wire::LeaseState::ENDED;
  what += std::string{" "} + (is_over ? "ended: " + name_of(lease.getOutcome()) : name_of(lease.getState()));
  for (auto device : lease.getDevices())
    what += std::string{" "} + device.cStr();
  return with_reason(what, lease.getReason());
}

std::string describe(wire::GpuEvent::Reader gpu) {
  return with_reason(std::string{"GPU "} + gpu.getUuid().cStr() + " " + name_of(gpu.getState()), gpu.getReason());
}

std::string describe(wire::UpgradeEvent::Reader upgrade) {
  std::string what = std::string{"upgrade "} + std::string{as_view(upgrade.getId())}.substr(0, 8);
  what += " (track " + std::string{as_view(upgrade.getTrack())} + ") " + name_of(upgrade.getStep());
  if (upgrade.getStep() == wire::UpgradeStep::DECIDED)
    what += std::string{" "} + name_of(upgrade.getKind());
  if (upgrade.getStep() == wire::UpgradeStep::VOTED)
    what += std::string{" "} + name_of(upgrade.getVerdict());
  if (upgrade.getStage() > 0)
    what += " in stage " + std::to_string(upgrade.getStage());
  if (upgrade.hasNode())
    what += std::string{" by "} + upgrade.getNode().cStr();
  return with_reason(what, upgrade.getReason());
}

std::string describe(wire::MissedEvents::Reader missed) {
  return missed.getCount() == 0 ? "some events before this one are no longer kept"
                                : std::to_string(missed.getCount()) + " events before this one are no longer kept";
}

} // namespace

std::string describe_event(wire::Event::Reader event) {
  switch (event.getKind()) {
  case wire::EventKind::MISSED:
    return describe(event.getMissed());
  case wire::EventKind::MEMBERSHIP:
    return describe(event.getMembership());
  case wire::EventKind::CAPTURE:
    return describe(event.getCapture());
  case wire::EventKind::VERDICT:
    return describe(event.getVerdict());
  case wire::EventKind::AGENT:
    return describe(event.getAgent());
  case wire::EventKind::LEASE:
    return describe(event.getLease());
  case wire::EventKind::GPU:
    return describe(event.getGpu());
  case wire::EventKind::UPGRADE:
    return describe(event.getUpgrade());
  }
  return {};
}

} // namespace hive::ctl
