#include "actors/upgrade/cluster/upgrade_view.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"

#include <algorithm>

namespace hive {
namespace {

using kind = wire::GateValueKind;
using decision = wire::UpgradeDecision;

bool is_verdict(kind what) {
  return what == kind::APPROVED || what == kind::REJECTED || what == kind::ABORTED;
}

/// Whether nothing follows a value of this kind for its proposal.
bool is_final(kind what) {
  return what == kind::REJECTED || what == kind::ABORTED || what == kind::COMPLETE || what == kind::CLOSED;
}

decision decision_of(kind what) {
  if (what == kind::REJECTED)
    return decision::REJECTED;
  return what == kind::ABORTED ? decision::ABORTED : decision::APPROVED;
}

std::string name_of(const known_nodes& nodes, const std::string& node) {
  auto found = nodes.find(node);
  return found == nodes.end() ? std::string{} : std::string{as_view(found->second->getName())};
}

/// What is shown of a proposal, gathered before it is written.
struct gathered {
  uint8_t track = 0;
  gate::proposal_ptr what;
  std::string proposer;
  std::vector<logged_decision> steps;
  gate::value_ptr verdict; ///< approved, rejected or aborted; null: none, or this node never learned of it
  gate::value_ptr back;    ///< that rolls it back
  gate::value_ptr newest;
  std::optional<gate::ask_view> ask; ///< while it is not open
  bool is_current = false;           ///< it is what the track is about
};

/// Finds the newest value for which `is_wanted` holds, if there is any.
caf::error find_newest(const gate_sight& sight, const gathered& from, bool (*is_wanted)(kind), gate::value_ptr& out) {
  auto found =
    std::find_if(from.steps.rbegin(), from.steps.rend(), [&](const auto& step) { return is_wanted(step.kind); });
  if (found == from.steps.rend())
    return {};
  const auto& present = sight.core.at(from.track).state().newest();
  if (present && present->content->getPosition() == found->position) {
    out = present;
    return {};
  }
  auto loaded = sight.log.load(*found);
  if (!loaded)
    return loaded.error();
  out = loaded->value;
  return {};
}

caf::error gather_values(const gate_sight& sight, gathered& out) {
  if (auto error = find_newest(sight, out, is_verdict, out.verdict))
    return error;
  if (auto error = find_newest(
        sight, out, [](kind what) { return what == kind::BACK; }, out.back))
    return error;
  if (auto error = find_newest(
        sight, out, [](kind) { return true; }, out.newest))
    return error;
  out.what = out.newest->what;
  out.proposer = as_view(out.newest->content->getProposer());
  return {};
}

/// Tracks that are in use.
std::vector<uint8_t> used_tracks(const gate_sight& sight) {
  std::vector<uint8_t> out;
  for (uint8_t i = 0; i < std::min(sight.tracks.size(), gate::max_tracks); ++i)
    out.push_back(i);
  return out;
}

/// The values of a proposal: those of the log, and the newest of a track while that is being stored.
std::vector<logged_decision> steps_of(const gate_sight& sight, const std::string& proposal) {
  auto out = sight.log.of(proposal);
  for (auto track : used_tracks(sight)) {
    const auto& state = sight.core.at(track).state();
    if (!state.what() || to_hex(state.what()->id()) != proposal || sight.log.contains(track, state.position()))
      continue;
    out.push_back(summary_of(*state.newest()));
    out.back().learned_at = out.back().announced_at = now_unix_micros(); // it is being learned
  }
  return out;
}

std::optional<std::pair<uint8_t, gate::ask_view>> find_ask(const gate_sight& sight, const std::string& proposal) {
  for (auto track : used_tracks(sight))
    for (auto& ask : sight.core.at(track).proposals())
      if (ask.state != gate::ask_state::opened && to_hex(ask.ask->ask().propose->id()) == proposal)
        return std::pair{track, std::move(ask)};
  return std::nullopt;
}

caf::expected<gathered> gather_all(const gate_sight& sight, const std::string& proposal) {
  gathered out;
  out.steps = steps_of(sight, proposal);
  if (!out.steps.empty()) {
    out.track = out.steps.back().track;
    const auto& state = sight.core.at(out.track).state();
    out.is_current = state.what() && to_hex(state.what()->id()) == proposal;
    if (auto error = gather_values(sight, out))
      return error;
    return out;
  }
  auto asked = find_ask(sight, proposal);
  if (!asked)
    return fail(ec::not_found, "no proposal has the id " + printable(proposal));
  out.track = asked->first;
  out.what = asked->second.ask->ask().propose;
  out.proposer = asked->second.node.value;
  out.ask = std::move(asked->second);
  return out;
}

// -- text ------------------------------------------------------------------------

std::string rollout_of(const gathered& from) {
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

/// Whether another line of members was begun without it; see events::begin_line.
bool is_dropped(const gate_sight& sight, const gathered& from) {
  return from.is_current && sight.core.at(from.track).state().is_dropped();
}

/// Whether a member goes on measuring by itself after its vote.
bool measures_again(const gate::proposal& what, const gate::statement& vote) {
  return what.body().getMeasure() && vote.vote()->getVerdict() == wire::Verdict::INCONCLUSIVE &&
         vote.vote()->getAttempt() + 1 < what.body().getAttempts();
}

/// Whether its time is over, or all have voted and nothing follows: it needs somebody to do something.
bool is_held(const gate_sight& sight, const gathered& from, const std::optional<gate::tally>& counted) {
  if (sight.core.at(from.track).is_overdue(sight.now))
    return true;
  return counted && counted->result == gate::tally_result::held &&
         std::ranges::all_of(counted->members, [&](const auto& each) {
           return each.vote && (each.vote->vote()->getStage() > 0 || !measures_again(*from.what, *each.vote));
         });
}

decision decision_now(const gate_sight& sight, const gathered& from, const std::optional<gate::tally>& counted) {
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
  if (is_dropped(sight, from))
    return decision::ABORTED;
  return is_held(sight, from, counted) ? decision::HELD : decision::PENDING;
}

std::string reason_now(const gate_sight& sight, const gathered& from, const std::optional<gate::tally>& counted) {
  if (from.ask)
    return from.ask->why;
  if (is_dropped(sight, from))
    return "dropped: another line of members was begun without a quorum of those before";
  if (const auto& decided = from.back ? from.back : from.verdict; decided && !counted)
    return why_sealed(*decided);
  std::string out;
  if (from.verdict)
    out = why_sealed(*from.verdict) + "; stage " + std::to_string(sight.core.at(from.track).state().stage()) + ": ";
  if (counted)
    out += counted->why;
  const auto& track = sight.core.at(from.track);
  if (!track.is_admitted() && track.sealers().rank_of(sight.core.self()))
    out += "; this node waits until others have told it what it told before its start";
  return out;
}

/// The text with the names of nodes in place of their ids; where several nodes have the name, with a part of the id.
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

// -- parts -----------------------------------------------------------------------

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

/// The votes that are counted now, or those that decided.
std::map<node_id, gate::statement_ptr> votes_of(const gathered& from, const std::optional<gate::tally>& counted) {
  std::map<node_id, gate::statement_ptr> out;
  if (counted) {
    for (const auto& member : counted->members)
      if (member.vote)
        out[member.node] = member.vote;
  } else if (from.newest) {
    bool is_turned = from.back && std::ranges::any_of(from.back->evidence, [](const auto& each) {
                       return each->type == gate::slot_type::vote;
                     });
    const auto& decided = is_turned ? from.back : from.verdict ? from.verdict : from.newest;
    for (const auto& each : decided->evidence)
      if (each->type == gate::slot_type::vote)
        out[each->origin] = each;
  }
  return out;
}

void set_votes(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const gathered& from,
               const std::optional<gate::tally>& counted, const known_nodes& nodes) {
  auto votes = votes_of(from, counted);
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
    bool is_awaited =
      counted && (vote == votes.end() || vote->second->vote()->getVerdict() == wire::Verdict::INCONCLUSIVE);
    list[i].setAwaited(is_awaited);
    if (is_awaited)
      awaited.push_back(node.value);
    list[i].setQuarantined(counted && quarantined.contains(node));
    list[i].setLying(!counted && vote != votes.end() && quarantined.contains(node));
  }
  auto names = out.initAwaited(static_cast<uint32_t>(awaited.size()));
  for (uint32_t i = 0; i < names.size(); ++i)
    names.set(i, awaited[i]);
}

void set_stage(wire::StageView::Builder out, const gate_sight& sight, const gathered& from,
               const std::optional<gate::tally>& counted) {
  out.setHeld(is_held(sight, from, counted));
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

void set_runs(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const gathered& from,
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

void set_steps(wire::ClusterUpgrade::Builder out, const gathered& from) {
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

/// What the proposal still shows while others are shown of it later.
std::optional<gate::tally> tally_of(const gate_sight& sight, const gathered& from) {
  return from.is_current && !from.ask ? sight.core.at(from.track).count() : std::nullopt;
}

bool is_stop_asked(const gate_sight& sight, const gathered& from) {
  return std::ranges::any_of(sight.core.at(from.track).asks(), [&](const auto& ask) {
    auto message = *ask.second->ask().message;
    return message.hasStop() && gate::is_same(message.getStop().getProposal(), from.what->id());
  });
}

void set_notes(wire::ClusterUpgrade::Builder out, const gate_sight& sight, const gathered& from,
               const std::string& id) {
  if (auto notice = sight.notices.find(id); notice != sight.notices.end())
    out.setNotice(notice->second);
  if (auto conflict = sight.conflicts.find(from.track); conflict != sight.conflicts.end() && from.is_current)
    out.setConflict(conflict->second);
  if (auto known = sight.announced.find(id); known != sight.announced.end())
    out.setAnnouncedAt(known->second);
  else if (!from.steps.empty())
    out.setAnnouncedAt(from.steps.front().announced_at);
  bool is_over = !from.steps.empty() && (is_final(from.steps.back().kind) || is_dropped(sight, from));
  out.setStopping(!is_over && is_stop_asked(sight, from));
  out.setFinal(is_over);
}

} // namespace

std::string why_sealed(const gate::proposed_value& value) {
  if (!value.what)
    return {};
  for (const auto& each : value.evidence)
    if (each->type == gate::slot_type::ask && each->ask().message->hasStop() &&
        gate::is_same(each->ask().message->getStop().getProposal(), value.what->id()))
      return text_of_stop(*each);
  return describe_votes(value);
}

std::vector<std::string> proposal_ids(const gate_sight& sight) {
  std::vector<std::string> out;
  for (auto track : used_tracks(sight)) {
    for (const auto& ask : sight.core.at(track).proposals())
      if (ask.state != gate::ask_state::opened)
        out.push_back(to_hex(ask.ask->ask().propose->id()));
    if (const auto& what = sight.core.at(track).state().what())
      out.push_back(to_hex(what->id()));
  }
  auto logged = sight.log.proposals();
  std::set<std::string> known{logged.begin(), logged.end()};
  std::erase_if(out, [&](const auto& id) { return !known.insert(id).second; });
  out.insert(out.end(), logged.begin(), logged.end());
  return out;
}

std::optional<uint8_t> track_of(const gate_sight& sight, const std::string& proposal) {
  if (auto steps = steps_of(sight, proposal); !steps.empty())
    return steps.back().track;
  auto asked = find_ask(sight, proposal);
  return asked ? std::optional{asked->first} : std::nullopt;
}

caf::expected<msg<wire::ClusterUpgrade>> view_of(const gate_sight& sight, const std::string& proposal,
                                                 const known_nodes& nodes) {
  auto from = gather_all(sight, proposal);
  if (!from)
    return from.error();
  auto counted = tally_of(sight, *from);
  return msg<wire::ClusterUpgrade>::build([&](wire::ClusterUpgrade::Builder out) {
    set_proposal(out, *from->what);
    out.setTrack(sight.tracks[from->track]);
    out.setProposer(from->proposer);
    out.setDecision(decision_now(sight, *from, counted));
    out.setRollout(rollout_of(*from));
    if (auto reason = with_names(reason_now(sight, *from, counted), nodes); !reason.empty())
      out.setReason(reason);
    set_votes(out, sight, *from, counted, nodes);
    bool is_in_stage =
      from->newest && from->is_current && sight.core.at(from->track).state().now() == gate::phase::stage;
    if (is_in_stage)
      set_stage(out.initStage(), sight, *from, counted);
    set_runs(out, sight, *from, nodes);
    set_steps(out, *from);
    set_notes(out, sight, *from, proposal);
  });
}

namespace {

/// The version that the newest hook left on a node, as far as its proposal is known here.
std::string version_after(const gate_sight& sight, const gate::statement& run) {
  auto content = *run.run();
  if (content.getStep() != wire::GateRunStep::ENDED || content.getExitStatus() != 0)
    return {};
  auto steps = sight.log.of(to_hex(gate::digest_of(content.getProposal())));
  if (steps.empty())
    return {};
  return content.getAction() == wire::GateAction::DEPLOY ? steps.back().to : steps.back().from;
}

void set_member(wire::TrackMember::Builder out, const gate::member_view& view, wire::GateMember::Reader configured) {
  out.setNode(view.node.value);
  out.setWeight(configured.getWeight());
  out.setTier(configured.getTier());
  out.setAdmitted(view.admitted);
  out.setStart(view.start);
  out.setQuarantined(view.quarantined);
}

} // namespace

msg<wire::TrackMembers> members_of(const gate_sight& sight, uint8_t number, const node_id& self,
                                   const known_nodes& nodes) {
  const auto& track = sight.core.at(number);
  const auto& sealers = track.sealers();
  return msg<wire::TrackMembers>::build([&](wire::TrackMembers::Builder out) {
    out.setTrack(sight.tracks[number]);
    out.setNumber(number);
    out.setGeneration(sealers.number());
    out.setHash(to_hex(sealers.hash()));
    out.setSlack(sealers.content().getSlack());
    out.setQuorum(static_cast<uint8_t>(sealers.quorum()));
    out.setPosition(track.state().position());
    if (track.state().now() != gate::phase::idle)
      out.setOpen(to_hex(track.state().what()->id()));
    out.setAdmitted(track.is_admitted());
    out.setAcknowledgements(static_cast<uint8_t>(sealers.acknowledgements()));
    if (auto conflict = sight.conflicts.find(number); conflict != sight.conflicts.end())
      out.setConflict(conflict->second);
    auto members = track.members();
    auto list = out.initMembers(static_cast<uint32_t>(members.size()));
    std::vector<std::string> differing;
    for (uint32_t i = 0; i < list.size(); ++i) {
      set_member(list[i], members[i], sealers.content().getMembers()[i]);
      const auto& node = members[i].node.value;
      list[i].setSelf(members[i].node == self);
      if (auto known = nodes.find(node); known != nodes.end()) {
        list[i].setName(known->second->getName());
        list[i].setState(known->second->getState());
      } else {
        list[i].setState(wire::MemberState::DEAD);
      }
      if (auto run = track.runs().find(members[i].node); run != track.runs().end())
        if (auto version = version_after(sight, *run->second); !version.empty())
          list[i].setVersion(version);
      if (members[i].differs)
        differing.push_back(node);
    }
    auto names = out.initDiffering(static_cast<uint32_t>(differing.size()));
    for (uint32_t i = 0; i < names.size(); ++i)
      names.set(i, differing[i]);
  });
}

} // namespace hive
