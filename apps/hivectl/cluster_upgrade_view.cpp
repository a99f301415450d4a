#include "apps/hivectl/cluster_upgrade_view.hpp"

#include "apps/hivectl/format.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"

#include <algorithm>

namespace hive::ctl {
namespace {

constexpr size_t short_upgrade_id_length = 12;

void show_votes(wire::ClusterUpgrade::Reader upgrade, const member_names& names, output& out) {
  auto judged = [](wire::MemberVote::Reader vote) {
    std::string text = vote.getJudgedFast() ? "fast" : "";
    if (vote.getJudgedHeavy())
      text += text.empty() ? "heavy" : ", heavy";
    return text;
  };
  auto standing = [](wire::MemberVote::Reader vote) {
    std::string text = has_vote(vote) ? describe_vote(vote) : "";
    if (vote.getAwaited() && !vote.getVoted())
      text += text.empty() ? "awaited" : ", the next one is awaited";
    if (vote.getQuarantined())
      text += (text.empty() ? "" : ", ") + std::string{"in quarantine"};
    if (vote.getLying())
      text += (text.empty() ? "" : ", ") + std::string{"found lying since"};
    return text;
  };
  table rows{{text_column("MEMBER"), text_column("NODE"), text_column("TIER"), number_column("WEIGHT"),
              text_column("VOTE"), text_column("JUDGED"), text_column("REASON")}};
  for (auto vote : upgrade.getVotes())
    rows.add_row({name_in(names, vote.getNode()), short_upgrade_id(vote.getNode()), name_of(vote.getTier()),
                  std::to_string(vote.getWeight()), standing(vote), judged(vote), first_reason(vote)});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

void show_stage(wire::StageView::Reader stage, const member_names& names, output& out) {
  out.line("");
  out.line("Stage     " + std::to_string(stage.getStage()) + " of " + std::to_string(stage.getOf()) + ", " +
           std::to_string(stage.getObservedS()) + " of " + std::to_string(stage.getDurationS()) +
           " s observed; canaries: " + list_of_names(names, stage.getCanaries(), 32));
  out.line(std::string{"Judged    "} + name_of(stage.getVerdict()) +
           (stage.hasReason() ? ": " + std::string{stage.getReason().cStr()} : ""));
  table rows{{text_column("CRITERION"), text_column("VERDICT"), text_column("REASON")}};
  for (auto each : stage.getCriteria())
    rows.add_row({each.getCriterion().cStr(), name_of(each.getVerdict()), each.getReason().cStr()});
  if (!rows.empty())
    out.print(rows);
}

void show_runs(wire::ClusterUpgrade::Reader upgrade, const member_names& names, output& out) {
  table rows{{text_column("MEMBER"), text_column("HOOK"), text_column("STATE"), number_column("STATUS")}};
  for (auto run : upgrade.getRuns()) {
    bool has_ended = run.getStep() == wire::GateRunStep::ENDED;
    std::string who = run.getName().size() > 0 ? run.getName().cStr() : name_in(names, run.getNode());
    rows.add_row(
      {who, name_of(run.getAction()), name_of(run.getStep()), has_ended ? std::to_string(run.getExitStatus()) : ""});
  }
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

void show_steps(wire::ClusterUpgrade::Reader upgrade, output& out) {
  table rows{{number_column("POSITION"), text_column("SEALED"), text_column("LEARNED"), text_column("HASH")}};
  for (auto step : upgrade.getSteps())
    rows.add_row({std::to_string(step.getPosition()),
                  name_of(step.getKind()) + (step.getStage() > 0 ? " " + std::to_string(step.getStage()) : ""),
                  out.time(step.getLearnedAt()), step.getHash().cStr()});
  if (rows.empty())
    return;
  out.line("");
  out.print(rows);
}

/// What an operator should know or act on.
void show_warnings(wire::ClusterUpgrade::Reader upgrade, output& out) {
  if (upgrade.getStopping())
    out.line("Stopping  an operator has asked to stop it");
  if (upgrade.getConflict().size() > 0)
    out.line(std::string{"Conflict  "} + upgrade.getConflict().cStr());
  if (upgrade.getNotice().size() > 0)
    out.line(std::string{"Notice    "} + upgrade.getNotice().cStr());
}

void show_head(wire::ClusterUpgrade::Reader upgrade, const member_names& names, output& out) {
  out.line(std::string{"Upgrade   "} + upgrade.getId().cStr());
  out.line(std::string{"Versions  "} + upgrade.getFrom().cStr() + " → " + upgrade.getTo().cStr() + " on track " +
           upgrade.getTrack().cStr());
  out.line("Decision  " + describe_state(upgrade));
  if (upgrade.getReason().size() > 0)
    out.line("Reason    " + with_names(names, upgrade.getReason()));
  show_warnings(upgrade, out);
  if (upgrade.getAwaited().size() > 0)
    out.line("Awaited   " + list_of_names(names, upgrade.getAwaited(), 32));
  out.line("Policy    " + name_of(upgrade.getPolicy()) + ", judged by " + name_of(upgrade.getJudge()));
  if (upgrade.getHash().size() > 0)
    out.line(std::string{"Hash      "} + upgrade.getHash().cStr());
  if (upgrade.getProposer().size() > 0)
    out.line("Proposer  " + name_in(names, upgrade.getProposer()));
  if (upgrade.getAnnouncedAt() != 0)
    out.line("Announced " + out.time(upgrade.getAnnouncedAt()));
  if (upgrade.getDecidedAt() != 0)
    out.line("Decided   " + out.time(upgrade.getDecidedAt()));
}

bool is_rollout(wire::ClusterUpgrade::Reader upgrade, std::string_view state) {
  return as_view(upgrade.getRollout()) == state;
}

std::optional<exit_status> end_of_rollout(wire::ClusterUpgrade::Reader upgrade, upgrade_goal goal) {
  if (is_rollout(upgrade, "rolled back"))
    return exit_status::rejected;
  if (is_rollout(upgrade, "rolling back")) // no gate opens on it, but whoever waits for the end waits on
    return goal == upgrade_goal::decision ? std::optional{exit_status::rejected} : std::nullopt;
  if (goal == upgrade_goal::decision || is_rollout(upgrade, "complete"))
    return exit_status::done;
  return std::nullopt;
}

} // namespace

std::string upgrade_path(const std::string& id) {
  return "/upgrades/" + http::url_encode(id);
}

std::string short_upgrade_id(capnp::Text::Reader id) {
  return std::string{as_view(id).substr(0, short_upgrade_id_length)};
}

member_names names_of_members(wire::ClusterUpgrade::Reader upgrade) {
  member_names out;
  for (auto vote : upgrade.getVotes())
    if (vote.getName().size() > 0)
      out.emplace(as_view(vote.getNode()), as_view(vote.getName()));
  return out;
}

std::string name_in(const member_names& names, capnp::Text::Reader node) {
  auto found = names.find(std::string{as_view(node)});
  return found == names.end() ? short_upgrade_id(node) : found->second;
}

std::string list_of_names(const member_names& names, capnp::List<capnp::Text>::Reader nodes, size_t most) {
  std::vector<std::string> out;
  for (auto node : nodes) {
    if (out.size() == most)
      return join_texts(out, ", ") + " and " + std::to_string(nodes.size() - most) + " more";
    out.push_back(name_in(names, node));
  }
  return join_texts(out, ", ");
}

std::string with_names(const member_names& names, capnp::Text::Reader text) {
  std::string out{as_view(text)};
  for (const auto& [id, name] : names)
    for (auto place = out.find(id); place != std::string::npos; place = out.find(id, place + name.size()))
      out.replace(place, id.size(), name);
  return out;
}

bool has_vote(wire::MemberVote::Reader vote) {
  return vote.getVoted() || vote.getAttempt() > 0;
}

std::string describe_vote(wire::MemberVote::Reader vote) {
  auto out = name_of(vote.getVerdict());
  if (vote.getStage() > 0)
    out += " in stage " + std::to_string(vote.getStage());
  if (vote.getAttempt() > 1)
    out += ", attempt " + std::to_string(vote.getAttempt());
  return out;
}

std::string first_reason(wire::MemberVote::Reader vote) {
  if (vote.getReasons().size() == 0)
    return {};
  auto reason = vote.getReasons()[0];
  std::string metric = reason.getMetric().cStr(), text = reason.getText().cStr();
  return metric.empty() || text.empty() ? metric + text : metric + ": " + text;
}

std::string describe_run(wire::MemberRun::Reader run) {
  auto action = name_of(run.getAction());
  switch (run.getStep()) {
  case wire::GateRunStep::INTENDED:
    return action + " is running";
  case wire::GateRunStep::ENDED:
    return action + " ended with status " + std::to_string(run.getExitStatus());
  case wire::GateRunStep::SKIPPED:
    return action + " skipped: nothing had been deployed there";
  case wire::GateRunStep::UNKNOWN:
    break;
  }
  return action + " began before a restart, and nobody knows whether it ended";
}

std::string describe_state(wire::ClusterUpgrade::Reader upgrade) {
  auto out = name_of(upgrade.getDecision());
  bool has_rollout = upgrade.getRollout().size() > 0 && !is_rollout(upgrade, "none");
  return has_rollout ? out + ", rollout " + upgrade.getRollout().cStr() : out;
}

void show_upgrade(wire::ClusterUpgrade::Reader upgrade, output& out) {
  auto names = names_of_members(upgrade);
  show_head(upgrade, names, out);
  show_votes(upgrade, names, out);
  if (upgrade.hasStage())
    show_stage(upgrade.getStage(), names, out);
  show_runs(upgrade, names, out);
  show_steps(upgrade, out);
}

std::optional<exit_status> end_of_upgrade(wire::ClusterUpgrade::Reader upgrade, upgrade_goal goal,
                                          bool is_held_enough) {
  // Where members lie, two answers are sealed: neither of them opens a gate.
  if (upgrade.getConflict().size() > 0)
    return exit_status::inconclusive;
  std::optional<exit_status> out;
  switch (upgrade.getDecision()) {
  case wire::UpgradeDecision::APPROVED:
    out = end_of_rollout(upgrade, goal);
    break;
  case wire::UpgradeDecision::REJECTED:
    return exit_status::rejected;
  case wire::UpgradeDecision::ABORTED:
    return exit_status::inconclusive;
  case wire::UpgradeDecision::REFUSED:
    return exit_status::refused;
  case wire::UpgradeDecision::HELD:
    if (is_held_enough)
      return exit_status::inconclusive;
    break;
  case wire::UpgradeDecision::ANNOUNCED:
  case wire::UpgradeDecision::QUEUED:
  case wire::UpgradeDecision::PENDING:
    break;
  }
  // Nothing will come any more, and what was waited for did not: that is no pass.
  return !out && upgrade.getFinal() ? exit_status::inconclusive : out;
}

} // namespace hive::ctl
