#include "actors/upgrade/cluster/gate_shell.hpp"

#include "actors/store/commit.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>

// What this node does for the hive: it judges, watches stages and runs hooks.

namespace hive {
namespace {

using kind = wire::GateValueKind;

bool has_ended_deploy(const gate::track& track, const node_id& node, const gate::digest& proposal) {
  auto found = track.runs().find(node);
  if (found == track.runs().end())
    return false;
  auto run = *found->second->run();
  return gate::is_same(run.getProposal(), proposal) && run.getAction() == wire::GateAction::DEPLOY &&
         run.getStep() == wire::GateRunStep::ENDED;
}

std::string voted_hash_of(const gate::statement_ptr& vote, const gate::digest& proposal) {
  if (!vote || !gate::is_same(vote->vote()->getProposal(), proposal) || vote->vote()->getInputsHash().size() == 0)
    return {};
  return to_hex(gate::digest_of(vote->vote()->getInputsHash()));
}

std::string decision_text(kind what) {
  switch (what) {
  case kind::REJECTED:
    return "rejected";
  case kind::ABORTED:
    return "aborted";
  default:
    return "approved";
  }
}

/// The notification that a value is worth; empty: none.
std::string notice_of(kind what) {
  switch (what) {
  case kind::APPROVED:
    return "on_approve";
  case kind::REJECTED:
  case kind::ABORTED:
    return "on_reject";
  case kind::BACK:
    return "on_rollback";
  default:
    return {};
  }
}

} // namespace

// -- votes -------------------------------------------------------------------------

void gate_shell::on(const gate::outputs::judge& what) {
  if (what.stage > 0) {
    due_.insert_or_assign(what.track, what);
    vote_on_stage_if_due(what.track);
    return;
  }
  auto vote = book_->find(id_, {gate::slot_type::vote, what.track});
  judge_order order{what.track, options_.tracks[what.track], what.what, what.attempt,
                    voted_hash_of(vote, what.what->id())};
  // No timeout: the judge answers when it has judged, or when the track's next order replaces this one. So at most one
  // request per track is open.
  self_->request(judge_, caf::infinite, std::move(order))
    .then(
      [this, run = core_run_, track = what.track](member_vote& voted) {
        if (run == core_run_)
          cast(track, std::move(voted));
      },
      [this](const caf::error& error) {
        if (code_of(error) == ec::conflict)
          return log::debug("A judgement is not needed any more: {}", text_of(error));
        log::error("This node cannot judge for the hive: {}", text_of(error));
        self_->quit(error);
      });
}

/// What it judged by is durable before the vote.
void gate_shell::cast(uint8_t track, member_vote voted) {
  if (!voted.document)
    return step(gate::events::judged{track, voted.vote});
  write_set writes;
  gate_store::put_judgement(writes, to_hex(gate::digest_of(voted.vote->getProposal())), voted.document_hash,
                            *voted.document);
  commit(self_, services_.committer, std::move(writes))
    .then(
      [this, run = core_run_, track, vote = voted.vote](const committed&) {
        if (run == core_run_)
          step(gate::events::judged{track, vote});
      },
      [this](const caf::error& error) { self_->quit(error); });
}

// -- stages ------------------------------------------------------------------------

void gate_shell::use(const stages_started& started) {
  watcher_ = started.watcher;
  watched_.clear();
  if (core_)
    watch_stages();
}

/// A stage is watched once all its canaries have deployed.
void gate_shell::watch_stages() {
  if (!watcher_)
    return;
  for (uint8_t number = 0; number < options_.tracks.size(); ++number) {
    const auto& track = core_->at(number);
    const auto& state = track.state();
    std::string wanted;
    if (state.now() == gate::phase::stage && state.what()->rank_of(id_)) {
      wanted = to_hex(state.what()->id()) + "/" + std::to_string(state.stage());
      bool is_deployed = std::ranges::all_of(
        state.canaries(), [&](const auto& node) { return has_ended_deploy(track, node, state.what()->id()); });
      if (!is_deployed)
        continue; // after a restart the others say so in a moment, and what was observed before still counts
    }
    auto known = watched_.find(number);
    if (known != watched_.end() && known->second == wanted)
      continue;
    watched_[number] = wanted;
    stages_.erase(number);
    is_last_look_[number] = false;
    if (wanted.empty()) {
      due_.erase(number);
      self_->send(watcher_, end_watch{number});
      continue;
    }
    watch_stage watch;
    watch.track = number;
    watch.proposal = to_hex(state.what()->id());
    watch.stage = state.stage();
    watch.from = state.what()->body().getFrom().cStr();
    watch.to = state.what()->body().getTo().cStr();
    for (gate::rank which = 0; which < state.what()->size(); ++which)
      watch.members.push_back(state.what()->node(which));
    watch.canaries = state.canaries();
    watch.duration_s = state.what()->body().getStages()[state.stage() - 1u].getDurationS();
    self_->send(watcher_, std::move(watch));
  }
}

void gate_shell::on_stage(const stage_judged& judged) {
  if (!core_ || judged.track >= options_.tracks.size() ||
      watched_[judged.track] != judged.proposal + "/" + std::to_string(judged.stage))
    return;
  stages_.insert_or_assign(judged.track, judged_stage{judged.proposal, judged.stage, judged.what, judged.observed_s});
  is_last_look_[judged.track] = judged.is_last_look;
  const auto& what = core_->at(judged.track).state().what();
  if (judged.what.decided == analysis::verdict::regressed) // must not wait for the end of the stage
    return cast(judged.track, vote_on_stage(*what, judged.stage, judged.what));
  vote_on_stage_if_due(judged.track);
}

void gate_shell::vote_on_stage_if_due(uint8_t track) {
  auto due = due_.find(track);
  auto judged = stages_.find(track);
  if (due == due_.end() || judged == stages_.end() || judged->second.stage != due->second.stage)
    return;
  bool is_undecided = judged->second.what.decided == analysis::verdict::inconclusive;
  // More time changes an inconclusive judgement, until the last look.
  if (is_undecided && (!is_last_look_[track] || due->second.attempt > 0))
    return;
  auto voted = vote_on_stage(*due->second.what, due->second.stage, judged->second.what);
  due_.erase(due);
  cast(track, std::move(voted));
}

// -- hooks -------------------------------------------------------------------------

hook_order gate_shell::order_for(const gate::proposal& what, const gate::proposed_value& value, std::string action,
                                 std::string token) const {
  hook_order out;
  out.action = std::move(action);
  out.token = std::move(token);
  out.track = options_.tracks[what.body().getTrack()];
  out.proposal = to_hex(what.id());
  out.from = what.body().getFrom().cStr();
  out.to = what.body().getTo().cStr();
  out.decision = decision_text(value.content->getKind());
  out.reason = why_sealed(value);
  out.hash = to_hex(value.hash);
  out.node = id_.value;
  out.position = value.content->getPosition();
  out.stage = value.content->getStage();
  for (auto which : value.content->getCanaries())
    out.canaries.push_back(what.node(which).value);
  return out;
}

void gate_shell::on(const gate::outputs::start_hook& what) {
  const auto& newest = core_->at(what.track).state().newest();
  bool is_deploy = what.action == wire::GateAction::DEPLOY;
  auto order = order_for(*what.what, *newest, is_deploy ? "deploy" : "rollback", to_hex(what.token));
  order.position = what.position;
  run_hook(what.track, what.token, std::move(order));
}

void gate_shell::run_hook(uint8_t track, const gate::digest& token, hook_order order) {
  log::info("A hook begins. action={} track={} proposal={} token={}", order.action, order.track, order.proposal,
            order.token);
  tell([&](wire::UpgradeEvent::Builder out) {
    out.setId(order.proposal);
    out.setTrack(order.track);
    out.setStep(wire::UpgradeStep::HOOK);
    out.setNode(id_.value);
    out.setStage(static_cast<uint8_t>(order.stage));
    out.setReason(order.action + " begins");
  });
  // No timeout: the hook has a time limit of its own, and giving up earlier would leave its outcome unknown.
  self_->request(services_.hooks, caf::infinite, order)
    .then(
      [this, run = core_run_, track, token, order](const hook_outcome& outcome) {
        log::info("A hook has ended. action={} track={} proposal={} status={} output={}", order.action, order.track,
                  order.proposal, outcome.exit_status, outcome.output);
        tell([&](wire::UpgradeEvent::Builder out) {
          out.setId(order.proposal);
          out.setTrack(order.track);
          out.setStep(wire::UpgradeStep::HOOK);
          out.setNode(id_.value);
          out.setStage(static_cast<uint8_t>(order.stage));
          out.setReason(order.action + " ended with status " + std::to_string(outcome.exit_status) +
                        (outcome.output.empty() ? "" : ": " + outcome.output));
        });
        if (outcome.exit_status != 0)
          notices_[order.proposal] = order.action + " ended with status " + std::to_string(outcome.exit_status) +
                                     (outcome.output.empty() ? "" : ": " + outcome.output);
        if (run != core_run_)
          return;
        step(gate::events::hook_ended{track, token, outcome.exit_status});
        if (outcome.exit_status != 0 && order.action == "deploy")
          vote_on_failed_deploy(track, order, outcome);
      },
      [this, order](const caf::error& error) {
        // Nobody knows whether it ran; the core says so after the next start.
        log::error("The outcome of a hook is unknown: {}. action={} token={}", text_of(error), order.action,
                   order.token);
        self_->quit(error);
      });
}

/// A canary that could not deploy is no canary.
void gate_shell::vote_on_failed_deploy(uint8_t track, const hook_order& order, const hook_outcome& outcome) {
  const auto& state = core_->at(track).state();
  bool is_in_stage =
    state.now() == gate::phase::stage && to_hex(state.what()->id()) == order.proposal && state.is_canary(id_);
  if (!is_in_stage)
    return;
  analysis::stage_judgement failed;
  failed.decided = analysis::verdict::regressed;
  failed.reason = "the deploy hook ended with status " + std::to_string(outcome.exit_status) +
                  (outcome.output.empty() ? "" : ": " + outcome.output);
  cast(track, vote_on_stage(*state.what(), state.stage(), failed));
}

/// That a notification was begun is durable first, so it does not begin twice.
void gate_shell::notify(const gate::sealed_value& sealed) {
  auto action = notice_of(sealed.value->content->getKind());
  if (action.empty())
    return;
  auto value = *sealed.value->content;
  auto track = value.getTrack();
  auto token = sha256("hivemark notice 1" + to_hex(sealed.value->hash) + action + id_.value);
  auto order = order_for(*sealed.value->what, *sealed.value, action, to_hex(token));
  write_set writes;
  gate_store::put_notice(writes, track, value.getPosition(),
                         msg<wire::NoticeRecord>::build([&](wire::NoticeRecord::Builder out) {
                           out.setAction(action);
                           out.setBegunAt(now_unix_micros());
                         }));
  commit(self_, services_.committer, std::move(writes))
    .then([this, track, token, order](const committed&) { run_hook(track, token, order); },
          [this](const caf::error& error) { self_->quit(error); });
}

void gate_shell::tell(const std::function<void(wire::UpgradeEvent::Builder)>& fill) const {
  if (!services_.events)
    return;
  self_->send(services_.events, msg<wire::Event>::build([&](wire::Event::Builder out) {
                out.setKind(wire::EventKind::UPGRADE);
                fill(out.initUpgrade());
              }));
}

} // namespace hive
