#include "actors/upgrade/cluster/upgrade_text.hpp"

#include "messages/text.hpp"

#include <algorithm>

namespace hive {
namespace {

using kind = wire::GateValueKind;
using decision = wire::UpgradeDecision;

decision decision_of(kind what) {
  if (what == kind::REJECTED)
    return decision::REJECTED;
  return what == kind::ABORTED ? decision::ABORTED : decision::APPROVED;
}

std::string text_of_vote(const gate::statement& vote) {
  std::string out = vote.origin.value;
  auto reasons = vote.vote()->getReasons();
  if (reasons.size() > 0) {
    out += ": ";
    out += as_view(reasons[0].getMetric());
    out += reasons[0].getMetric().size() > 0 ? " " : "";
    out += as_view(reasons[0].getText());
  }
  return out;
}

std::string text_of_stop(const gate::statement& ask) {
  auto stop = ask.ask().message->getStop();
  std::string out = "stopped";
  if (stop.hasOperator())
    out += std::string{" by "} + stop.getOperator().cStr();
  out += " at " + ask.origin.value;
  if (stop.hasReason())
    out += std::string{": "} + stop.getReason().cStr();
  return out;
}

std::string describe_votes(const gate::proposed_value& value) {
  size_t safe = 0;
  std::string regressed;
  for (const auto& each : value.evidence) {
    if (each->type != gate::slot_type::vote)
      continue;
    safe += each->vote()->getVerdict() == wire::Verdict::SAFE;
    if (each->vote()->getVerdict() == wire::Verdict::REGRESSED)
      regressed += (regressed.empty() ? "" : "; ") + text_of_vote(*each);
  }
  if (!regressed.empty())
    return "regressed: " + regressed;
  return safe > 0 ? std::to_string(safe) + " of " + std::to_string(value.what->size()) + " members voted safe" : "";
}

} // namespace

wire::UpgradeDecision decision_now(const upgrade_facts& from) {
  if (from.ask) {
    switch (from.ask->state) {
    case gate::ask_state::queued:
      return decision::QUEUED;
    case gate::ask_state::refused:
      return decision::REFUSED;
    default:
      return decision::ANNOUNCED;
    }
  }
  if (from.verdict)
    return decision_of(from.verdict->content->getKind());
  if (from.newest->content->hasDecision())
    return decision::APPROVED; // this node was away then
  if (from.is_dropped)
    return decision::ABORTED;
  return from.is_held ? decision::HELD : decision::PENDING;
}

std::string rollout_of(const upgrade_facts& from) {
  if (!from.newest)
    return "none";
  auto value = *from.newest->content;
  switch (value.getKind()) {
  case kind::APPROVED:
  case kind::GO:
    return "canary " + std::to_string(value.getCanaries().size()) + "/" + std::to_string(from.what->size());
  case kind::COMPLETE:
    return "complete";
  case kind::BACK:
    return "rolling back";
  case kind::CLOSED:
    return "rolled back";
  default:
    return "none";
  }
}

std::string reason_now(const gate_sight& sight, const upgrade_facts& from) {
  if (from.ask)
    return from.ask->why;
  if (from.is_dropped)
    return "dropped: another line of members was begun without a quorum of those before";
  if (const auto& decided = from.back ? from.back : from.verdict; decided && !from.counted)
    return why_sealed(*decided);
  std::string out;
  if (from.verdict)
    out = why_sealed(*from.verdict) + "; stage " + std::to_string(sight.state_of(from.track).stage()) + ": ";
  if (from.counted)
    out += from.counted->why;
  const auto& track = sight.core.at(from.track);
  if (!track.is_admitted() && track.sealers().rank_of(sight.core.self()))
    out += "; this node waits until others have told it what it told before its start";
  return out;
}

std::string why_sealed(const gate::proposed_value& value) {
  if (!value.what)
    return {};
  for (const auto& each : value.evidence)
    if (each->type == gate::slot_type::ask && each->ask().message->hasStop() &&
        gate::is_same(each->ask().message->getStop().getProposal(), value.what->id()))
      return text_of_stop(*each);
  return describe_votes(value);
}

std::string name_of(const known_nodes& nodes, const std::string& node) {
  auto found = nodes.find(node);
  return found == nodes.end() ? std::string{} : std::string{as_view(found->second->getName())};
}

std::string with_names(std::string text, const known_nodes& nodes) {
  constexpr size_t short_id = 8;
  std::map<std::string_view, size_t> bearers;
  for (const auto& [id, node] : nodes)
    ++bearers[as_view(node->getName())];
  for (const auto& [id, node] : nodes) {
    auto name = as_view(node->getName());
    if (name.empty())
      continue;
    auto shown = bearers[name] == 1 ? std::string{name} : std::string{name} + " (" + id.substr(0, short_id) + ")";
    for (size_t at = 0; (at = text.find(id, at)) != std::string::npos; at += shown.size())
      text.replace(at, id.size(), shown);
  }
  return text;
}

} // namespace hive
