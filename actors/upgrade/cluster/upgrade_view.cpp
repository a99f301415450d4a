#include "actors/upgrade/cluster/upgrade_view.hpp"

#include "messages/text.hpp"
#include "platform/hex.hpp"

#include <algorithm>
#include <set>

namespace hive {
namespace {

using kind = wire::GateValueKind;

/// Whether nothing follows a value of this kind for its proposal.
bool is_final(kind what) {
  return what == kind::REJECTED || what == kind::ABORTED || what == kind::COMPLETE || what == kind::CLOSED;
}

void set_vote(wire::MemberVote::Builder out, const gate::statement& vote) {
  auto content = *vote.vote();
  out.setStage(content.getStage());
  out.setVerdict(content.getVerdict());
  out.setAttempt(static_cast<uint8_t>(content.getAttempt() + 1));
  out.setJudgedFast(content.getJudgedFast());
  out.setJudgedHeavy(content.getJudgedHeavy());
  if (content.getInputsHash().size() > 0)
    out.setInputsHash(to_hex(gate::digest_of(content.getInputsHash())));
  auto reasons = content.getReasons();
  auto list = out.initReasons(reasons.size());
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setMetric(reasons[i].getMetric());
    list[i].setText(reasons[i].getText());
  }
}

using votes_by_node = std::map<node_id, gate::statement_ptr>;

votes_by_node votes_in(const gate::proposed_value& value) {
  votes_by_node out;
  for (const auto& each : value.evidence)
    if (each->type == gate::slot_type::vote)
      out[each->origin] = each;
  return out;
}

/// The votes that count now; once nothing is counted any more, those that decided last.
votes_by_node votes_of(const upgrade_facts& from) {
  votes_by_node out;
  if (from.counted) {
    for (const auto& member : from.counted->members)
      if (member.vote)
        out[member.node] = member.vote;
  } else if (from.newest) {
    auto turned = from.back ? votes_in(*from.back) : votes_by_node{};
    out = !turned.empty() ? turned : votes_in(from.verdict ? *from.verdict : *from.newest);
  }
  return out;
}

void set_votes(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const upgrade_facts& from,
               const known_nodes& nodes) {
  auto votes = votes_of(from);
  // A member that has not voted on the stage is shown with its vote on the version.
  auto earlier = from.counted && from.verdict ? votes_in(*from.verdict) : votes_by_node{};
  std::set<node_id> quarantined;
  for (const auto& member : sight.core.at(from.track).members())
    if (member.quarantined)
      quarantined.insert(member.node);
  auto electorate = from.what->body().getElectorate();
  auto list = out.initVotes(electorate.size());
  std::vector<std::string> awaited;
  for (uint32_t i = 0; i < list.size(); ++i) {
    node_id node{electorate[i].getNode().cStr()};
    list[i].setNode(node.value);
    if (auto name = name_of(nodes, node.value); !name.empty())
      list[i].setName(name);
    list[i].setWeight(electorate[i].getWeight());
    list[i].setTier(electorate[i].getTier());
    auto vote = votes.find(node);
    list[i].setVoted(vote != votes.end());
    if (vote != votes.end())
      set_vote(list[i], *vote->second);
    else if (auto before = earlier.find(node); before != earlier.end())
      set_vote(list[i], *before->second);
    bool is_awaited =
      from.counted && (vote == votes.end() || vote->second->vote()->getVerdict() == wire::Verdict::INCONCLUSIVE);
    list[i].setAwaited(is_awaited);
    if (is_awaited)
      awaited.push_back(node.value);
    list[i].setQuarantined(from.counted && quarantined.contains(node));
    list[i].setLying(!from.counted && vote != votes.end() && quarantined.contains(node));
  }
  auto names = out.initAwaited(static_cast<uint32_t>(awaited.size()));
  for (uint32_t i = 0; i < names.size(); ++i)
    names.set(i, awaited[i]);
}

void set_stage(wire::StageView::Builder out, const gate_sight& sight, const upgrade_facts& from) {
  out.setHeld(from.is_held);
  auto value = *from.newest->content;
  out.setStage(value.getStage());
  out.setOf(static_cast<uint8_t>(from.what->stages()));
  auto canaries = value.getCanaries();
  auto list = out.initCanaries(canaries.size());
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, from.what->node(canaries[i]).value);
  if (value.getStage() > 0 && value.getStage() <= from.what->stages())
    out.setDurationS(from.what->body().getStages()[value.getStage() - 1u].getDurationS());
  auto found = sight.stages.find(from.track);
  if (found == sight.stages.end() || found->second.proposal != to_hex(from.what->id()) ||
      found->second.stage != value.getStage())
    return;
  const auto& judged = found->second;
  out.setObservedS(judged.observed_s);
  out.setVerdict(static_cast<wire::Verdict>(judged.what.decided));
  out.setReason(judged.what.reason);
  auto criteria = out.initCriteria(static_cast<uint32_t>(judged.what.criteria.size()));
  for (uint32_t i = 0; i < criteria.size(); ++i) {
    const auto& each = judged.what.criteria[i];
    criteria[i].setCriterion(std::string{analysis::name_of(each.criterion)});
    criteria[i].setVerdict(static_cast<wire::Verdict>(each.decided));
    criteria[i].setReason(each.reason);
  }
}

void set_runs(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const upgrade_facts& from,
              const known_nodes& nodes) {
  std::vector<gate::statement_ptr> runs;
  for (const auto& [node, run] : sight.core.at(from.track).runs())
    if (gate::is_same(run->run()->getProposal(), from.what->id()))
      runs.push_back(run);
  auto list = out.initRuns(static_cast<uint32_t>(runs.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    auto run = *runs[i]->run();
    list[i].setNode(runs[i]->origin.value);
    if (auto name = name_of(nodes, runs[i]->origin.value); !name.empty())
      list[i].setName(name);
    list[i].setAction(run.getAction());
    list[i].setStep(run.getStep());
    list[i].setExitStatus(run.getExitStatus());
  }
}

void set_steps(wire::ClusterUpgrade::Builder out, const upgrade_facts& from) {
  auto list = out.initSteps(static_cast<uint32_t>(from.steps.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    const auto& step = from.steps[i];
    list[i].setPosition(step.position);
    list[i].setKind(step.kind);
    list[i].setHash(to_hex(step.hash));
    list[i].setStage(step.stage);
    list[i].setLearnedAt(step.learned_at);
    if (!is_verdict(step.kind))
      continue;
    out.setHash(to_hex(step.hash));
    out.setDecidedAt(step.learned_at);
  }
  if (!out.hasHash() && !from.steps.empty() && !from.steps.back().decision.empty())
    out.setHash(from.steps.back().decision);
}

void set_proposal(wire::ClusterUpgrade::Builder out, const gate::proposal& what) {
  auto body = what.body();
  out.setId(to_hex(what.id()));
  out.setFrom(body.getFrom());
  out.setTo(body.getTo());
  out.setPolicy(body.getPolicy());
  out.setJudge(body.getJudge());
  out.setDeadlineS(body.getDeadlineS());
  auto stages = body.getStages();
  auto list = out.initStages(stages.size());
  for (uint32_t i = 0; i < list.size(); ++i) {
    constexpr double permille = 1000;
    list[i].setShare(stages[i].getSharePermille() / permille);
    list[i].setDurationS(stages[i].getDurationS());
    list[i].setDeadlineS(stages[i].getDeadlineS());
  }
}

bool is_stop_asked(const gate_sight& sight, const upgrade_facts& from) {
  return std::ranges::any_of(sight.core.at(from.track).asks(), [&](const auto& ask) {
    auto message = *ask.second->ask().message;
    return message.hasStop() && gate::is_same(message.getStop().getProposal(), from.what->id());
  });
}

void set_notes(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const upgrade_facts& from,
               const std::string& id) {
  if (auto notice = sight.notices.find(id); notice != sight.notices.end())
    out.setNotice(notice->second);
  if (auto conflict = sight.conflicts.find(from.track); conflict != sight.conflicts.end() && from.is_current)
    out.setConflict(conflict->second);
  if (auto known = sight.announced.find(id); known != sight.announced.end())
    out.setAnnouncedAt(known->second);
  else if (!from.steps.empty())
    out.setAnnouncedAt(from.steps.front().announced_at);
  bool is_over = !from.steps.empty() && (is_final(from.steps.back().kind) || from.is_dropped);
  out.setStopping(!is_over && is_stop_asked(sight, from));
  out.setFinal(is_over);
}

} // namespace

caf::expected<msg<wire::ClusterUpgrade>> view_of(const gate_sight& sight, const std::string& proposal,
                                                 const known_nodes& nodes) {
  auto from = gather_facts(sight, proposal);
  if (!from)
    return from.error();
  return msg<wire::ClusterUpgrade>::build([&](wire::ClusterUpgrade::Builder out) {
    set_proposal(out, *from->what);
    out.setTrack(sight.tracks[from->track]);
    out.setProposer(from->proposer);
    out.setDecision(decision_now(*from));
    out.setRollout(rollout_of(*from));
    if (auto reason = with_names(reason_now(sight, *from), nodes); !reason.empty())
      out.setReason(reason);
    set_votes(out, sight, *from, nodes);
    bool is_in_stage = from->newest && from->is_current && sight.state_of(from->track).now() == gate::phase::stage;
    if (is_in_stage)
      set_stage(out.initStage(), sight, *from);
    set_runs(out, sight, *from, nodes);
    set_steps(out, *from);
    set_notes(out, sight, *from, proposal);
  });
}

} // namespace hive
