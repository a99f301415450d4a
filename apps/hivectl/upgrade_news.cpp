#include "apps/hivectl/upgrade_news.hpp"

#include "apps/hivectl/format.hpp"
#include "messages/text.hpp"

namespace hive::ctl {
namespace {

std::string with_text(std::string what, capnp::Text::Reader text) {
  return text.size() == 0 ? what : what + ": " + text.cStr();
}

/// Figures in a reason change all the time; only another sentence is news.
std::string without_digits(std::string text) {
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

} // namespace

bool upgrade_news::is_new(const std::string& name, const std::string& text) {
  auto& told = told_[name];
  if (told == text)
    return false;
  told = text;
  return !text.empty();
}

std::vector<std::string> upgrade_news::since_last(wire::ClusterUpgrade::Reader upgrade) {
  lines out;
  auto names = names_of_members(upgrade);
  tell_votes(upgrade, names, out);
  tell_runs(upgrade, names, out);
  tell_stage(upgrade, names, out);
  tell_state(upgrade, names, out);
  tell_awaited(upgrade, names, out);
  tell_warnings(upgrade, out);
  return out;
}

void upgrade_news::tell_state(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out) {
  auto state = describe_state(upgrade);
  // While votes are awaited, and in a stage, the reason repeats what the other lines tell.
  bool has_reason = upgrade.getDecision() != wire::UpgradeDecision::PENDING && !upgrade.hasStage();
  auto reason = has_reason ? with_names(names, upgrade.getReason()) : std::string{};
  bool has_changed = is_new("state", state);
  if (is_new("reason", without_digits(reason)) || has_changed)
    out.push_back(state + (reason.empty() ? "" : ": " + reason));
}

void upgrade_news::tell_votes(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out) {
  auto votes = upgrade.getVotes();
  auto count = [&](uint8_t stage) { // a vote on a later stage takes the place of one on this
    size_t voted = 0;
    for (auto vote : votes)
      voted += has_vote(vote) && vote.getStage() >= stage;
    return std::to_string(voted);
  };
  for (auto vote : votes) {
    std::string node{as_view(vote.getNode())};
    auto who = name_in(names, vote.getNode());
    if (has_vote(vote)) {
      auto reason = first_reason(vote);
      auto text = who + " votes " + describe_vote(vote) + (reason.empty() ? "" : ": " + reason);
      if (is_new("vote " + node, text))
        out.push_back(text + " (" + count(vote.getStage()) + " of " + std::to_string(votes.size()) + " have voted)");
    }
    if (is_new("trust " + node, vote.getQuarantined() ? who + " is in quarantine: its vote enters no decision" : ""))
      out.push_back(told_["trust " + node]);
    if (is_new("lie " + node, vote.getLying() ? who + " was found lying since its vote was counted" : ""))
      out.push_back(told_["lie " + node]);
  }
}

void upgrade_news::tell_awaited(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out) {
  auto text = upgrade.getAwaited().size() == 0 ? "" : "awaited: " + list_of_names(names, upgrade.getAwaited());
  if (is_new("awaited", text))
    out.push_back(text);
}

void upgrade_news::tell_stage(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out) {
  if (!upgrade.hasStage())
    return;
  auto stage = upgrade.getStage();
  auto number = "stage " + std::to_string(stage.getStage());
  auto begin = number + " of " + std::to_string(stage.getOf()) + ", for " + std::to_string(stage.getDurationS()) +
               " s; canaries: " + list_of_names(names, stage.getCanaries());
  if (is_new("stage", begin))
    out.push_back(begin);
  // Reasons hold figures that change all the time: the verdict is the news.
  for (auto each : stage.getCriteria()) {
    auto name = number + ", " + each.getCriterion().cStr();
    if (is_new(name, name_of(each.getVerdict())))
      out.push_back(with_text(name + ": " + name_of(each.getVerdict()), each.getReason()));
  }
  if (is_new(number, name_of(stage.getVerdict())))
    out.push_back(with_text(number + ": " + name_of(stage.getVerdict()), stage.getReason()));
}

void upgrade_news::tell_runs(wire::ClusterUpgrade::Reader upgrade, const member_names& names, lines& out) {
  for (auto run : upgrade.getRuns()) {
    std::string who = run.getName().size() > 0 ? run.getName().cStr() : name_in(names, run.getNode());
    auto text = who + ": " + describe_run(run);
    if (is_new("run " + name_of(run.getAction()) + " " + run.getNode().cStr(), text))
      out.push_back(text);
  }
}

void upgrade_news::tell_warnings(wire::ClusterUpgrade::Reader upgrade, lines& out) {
  if (upgrade.getStopping() && is_new("stopping", "yes"))
    out.push_back("an operator has asked to stop it");
  if (is_new("conflict", upgrade.getConflict().cStr()))
    out.push_back(std::string{"two decisions are sealed, so members lie: "} + upgrade.getConflict().cStr());
  if (is_new("notice", upgrade.getNotice().cStr()))
    out.push_back(upgrade.getNotice().cStr());
}

} // namespace hive::ctl
