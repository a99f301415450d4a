#include "actors/upgrade/gate/track_write.hpp"

// What this node does besides sealing: it votes, runs hooks and watches stages.

namespace hive::gate {

using action = wire::GateAction;
using step = wire::GateRunStep;

// -- votes ---------------------------------------------------------------------------------

/// Attempt number of this start's next vote on the verdict or stage; none when its vote is final.
std::optional<uint8_t> track::next_attempt() const {
  auto found = known_.votes.find(options_.self);
  if (found == known_.votes.end())
    return uint8_t{0};
  auto vote = *found->second->vote();
  bool is_on_it = is_same(vote.getProposal(), state_.what()->id()) && vote.getStage() == state_.stage() &&
                  vote.getStart() == seal_.start;
  if (!is_on_it)
    return uint8_t{0};
  auto next = vote.getAttempt() + 1;
  if (vote.getVerdict() != wire::Verdict::INCONCLUSIVE || next >= state_.what()->body().getAttempts())
    return std::nullopt;
  return static_cast<uint8_t>(next);
}

bool track::has_deployed(const node_id& canary) const {
  auto found = known_.runs.find(canary);
  if (found == known_.runs.end())
    return false;
  auto run = *found->second->run();
  return is_same(run.getProposal(), state_.what()->id()) && run.getAction() == action::DEPLOY &&
         run.getStep() == step::ENDED;
}

/// A verdict can be judged at once; a stage, once this node has watched the deployed canaries for its duration.
bool track::is_judgeable(instant now) {
  if (state_.now() == phase::judging)
    return true;
  if (state_.now() != phase::stage)
    return false;
  if (!window_since_ && std::ranges::all_of(state_.canaries(), [&](const auto& node) { return has_deployed(node); }))
    window_since_ = now;
  auto stage = state_.what()->body().getStages()[state_.stage() - 1u];
  return window_since_ && now >= *window_since_ + std::chrono::seconds{stage.getDurationS()};
}

/// The attempt for which a vote of this node is wanted, unless the judge was already asked for it.
std::optional<uint8_t> track::attempt_to_ask() const {
  if (!is_sealer() || !seal_.admitted || !state_.what()->rank_of(options_.self))
    return std::nullopt;
  auto attempt = next_attempt();
  return attempt && asked_ != std::pair{state_.stage(), *attempt} ? attempt : std::nullopt;
}

void track::judge(instant now, effects& out) {
  if (!is_judgeable(now))
    return;
  auto attempt = attempt_to_ask();
  if (!attempt)
    return;
  asked_ = {state_.stage(), *attempt};
  out.others.push_back(outputs::judge{number_, state_.what(), state_.stage(), *attempt, state_.canaries()});
}

namespace {

/// The vote with as many of its reasons as fit.
msg<wire::GateVote> fitting(msg<wire::GateVote> vote) {
  while (vote.bytes().size() > max_vote_bytes && vote->getReasons().size() > 0)
    vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
      auto reasons = vote->getReasons();
      out.setProposal(vote->getProposal());
      out.setStage(vote->getStage());
      out.setStart(vote->getStart());
      out.setAttempt(vote->getAttempt());
      out.setPosition(vote->getPosition());
      out.setVerdict(vote->getVerdict());
      out.setInputsHash(vote->getInputsHash());
      out.setAlgorithmVersion(vote->getAlgorithmVersion());
      out.setEnvironmentHash(vote->getEnvironmentHash());
      out.setJudgedFast(vote->getJudgedFast());
      out.setJudgedHeavy(vote->getJudgedHeavy());
      auto list = out.initReasons(reasons.size() - 1);
      for (uint32_t i = 0; i < list.size(); ++i)
        list.setWithCaveats(i, reasons[i]);
    });
  return vote;
}

} // namespace

void track::on(const events::judged& what, effects& out) {
  auto refuse = [&](const std::string& why) {
    out.others.push_back(outputs::refused{number_, fail(ec::conflict, "the vote is not cast: " + why)});
  };
  bool is_open = state_.now() == phase::judging || state_.now() == phase::stage;
  // A canary counts as healthy only after its full time, but an alarm is raised at once.
  bool is_alarm = state_.now() == phase::stage && what.vote->getVerdict() == wire::Verdict::REGRESSED;
  if (!is_open || !is_same(what.vote->getProposal(), state_.what()->id()) || what.vote->getStage() != state_.stage())
    return refuse("its proposal or stage is over");
  if (!seal_.admitted || !state_.what()->rank_of(options_.self))
    return refuse("this node does not take part");
  auto attempt = next_attempt();
  if (!attempt)
    return refuse("this node has voted");
  if (!is_alarm && asked_ != std::pair{state_.stage(), *attempt})
    return refuse("it was not asked for yet");
  capnp::MallocMessageBuilder built;
  built.setRoot(*what.vote);
  auto root = built.getRoot<wire::GateVote>();
  root.setStart(seal_.start);
  root.setAttempt(*attempt);
  root.setPosition(state_.position());
  auto message = fitting(msg<wire::GateVote>::copy_of(root.asReader()));
  auto payload = to_packed(message);
  known_.votes[options_.self] = write(slot_type::vote, std::move(message), payload, out);
  is_knowledge_new_ = true;
}

// -- hooks -----------------------------------------------------------------------------------

/// The hook that the newest value orders here, whether or not it has run.
std::optional<wire::GateAction> track::wanted_action() const {
  if (!state_.what() || conflict_)
    return std::nullopt;
  auto kind = state_.newest()->content->getKind();
  if (kind == wire::GateValueKind::COMPLETE && state_.what()->rank_of(options_.self))
    return action::DEPLOY;
  if (!state_.is_canary(options_.self))
    return std::nullopt;
  if (state_.now() == phase::stage)
    return action::DEPLOY;
  // Also after it is closed, since an operator may have closed it without waiting for this node, and in a line that
  // began meanwhile, since an order stands.
  if (kind == wire::GateValueKind::BACK || kind == wire::GateValueKind::CLOSED)
    return action::ROLLBACK;
  return std::nullopt;
}

bool track::is_run_over() const {
  return !run_ || run_->run()->getStep() != step::INTENDED;
}

/// Settles an intention of an earlier start. Nobody knows whether its hook ran, so it runs again only where the
/// configuration allows that.
void track::settle_unknown(effects& out) {
  if (is_run_over() || is_run_fresh_ || is_running_)
    return;
  bool is_about_it = state_.what() && is_same(run_->run()->getProposal(), state_.what()->id());
  if (options_.reruns_unknown && is_about_it) {
    is_run_fresh_ = is_rerun_ = true;
    ordered_ = state_.what();
  } else {
    write_run(step::UNKNOWN, 0, out);
  }
}

void track::run_hooks(effects& out) {
  settle_unknown(out);
  auto wanted = wanted_action();
  bool is_about_it = run_ && state_.what() && is_same(run_->run()->getProposal(), state_.what()->id());
  if (wanted && !is_running_) {
    bool has_deploy = is_about_it && run_->run()->getAction() == action::DEPLOY;
    bool has_rollback = is_about_it && run_->run()->getAction() == action::ROLLBACK;
    bool is_intended = has_deploy && run_->run()->getStep() == step::INTENDED;
    bool never_began = is_intended && is_run_fresh_ && !is_rerun_; // it waits for holders
    if (*wanted == action::DEPLOY && !is_about_it && is_run_over())
      intend(action::DEPLOY, step::INTENDED, out);
    else if (*wanted == action::ROLLBACK && has_deploy && !never_began)
      intend(action::ROLLBACK, step::INTENDED, out);
    else if (*wanted == action::ROLLBACK && !has_rollback && (is_run_over() || never_began))
      intend(action::ROLLBACK, step::SKIPPED, out);
  }
  // A final order is carried out even when the track has gone on; the deploy of a stage is not.
  if (wanted && is_about_it && state_.now() != phase::stage)
    is_order_final_ = true;
  start_if_held(out);
}

/// The proposal whose version runs here, as far as the run slot tells; all zeros: none.
digest track::deployed() const {
  if (!run_)
    return {};
  auto run = *run_->run();
  bool is_deployed = run.getAction() == action::DEPLOY && run.getStep() != step::SKIPPED;
  return digest_of(is_deployed ? run.getProposal() : run.getBefore());
}

void track::intend(wire::GateAction what, wire::GateRunStep as, effects& out) {
  auto sequence = run_ ? run_->run()->getSequence() + 1 : 1;
  // A rollback leaves the version from before its deploy.
  bool is_undone = what == action::ROLLBACK && run_ && is_same(run_->run()->getProposal(), state_.what()->id());
  auto before = is_undone ? digest_of(run_->run()->getBefore()) : deployed();
  auto message = msg<wire::GateRun>::build([&](wire::GateRun::Builder to) {
    to.setProposal(data_of(state_.what()->id()));
    to.setPosition(state_.position());
    to.setAction(what);
    to.setSequence(sequence);
    to.setStep(as);
    if (before != digest{})
      to.setBefore(data_of(before));
  });
  auto payload = to_packed(message);
  run_ = write(slot_type::run, std::move(message), payload, out);
  known_.runs[options_.self] = run_;
  is_missed_new_ = true;
  is_run_fresh_ = as == step::INTENDED;
  is_rerun_ = false;
  is_order_final_ = state_.now() != phase::stage;
  ordered_ = state_.what();
  is_knowledge_new_ = true;
}

/// Starts the intended hook once a quorum holds the intention, so that it is not lost with this node's disk.
void track::start_if_held(effects& out) {
  if (is_run_over() || !is_run_fresh_ || is_running_ || conflict_)
    return;
  auto run = *run_->run();
  bool is_about_it = state_.what() && is_same(run.getProposal(), state_.what()->id());
  if (!is_order_final_ && (!is_about_it || wanted_action() != run.getAction())) {
    write_run(step::SKIPPED, 0, out); // its stage is over, and it has not begun
    return;
  }
  size_t holders = 0;
  for (const auto& [node, seal] : seals_) {
    if (node == options_.self || !sealers_->rank_of(node) || !is_same(seal->seal()->getGeneration(), sealers_->hash()))
      continue;
    for (auto hold : seal->seal()->getHolds())
      if (hold.getMember() == own_rank_ && hold.getSequence() >= run.getSequence())
        ++holders;
  }
  if (holders + 1 < sealers_->quorum())
    return;
  is_run_fresh_ = false;
  is_running_ = true;
  auto token = hook_token(number_, digest_of(run.getProposal()), run.getPosition(), run.getAction(), options_.self);
  out.others.push_back(outputs::start_hook{number_, ordered_, run.getAction(), token, run.getPosition()});
}

void track::write_run(wire::GateRunStep as, int32_t exit_status, effects& out) {
  capnp::MallocMessageBuilder built;
  built.setRoot(*run_->run());
  auto root = built.getRoot<wire::GateRun>();
  root.setStep(as);
  root.setExitStatus(exit_status);
  auto message = msg<wire::GateRun>::copy_of(root.asReader());
  auto payload = to_packed(message);
  run_ = write(slot_type::run, std::move(message), payload, out);
  known_.runs[options_.self] = run_;
  is_knowledge_new_ = true;
  is_missed_new_ = true;
}

void track::on(const events::hook_ended& what, effects& out) {
  if (!is_running_ || !run_)
    return;
  auto run = *run_->run();
  if (hook_token(number_, digest_of(run.getProposal()), run.getPosition(), run.getAction(), options_.self) !=
      what.token)
    return;
  is_running_ = false;
  write_run(step::ENDED, what.exit_status, out);
}

// -- missed hooks ------------------------------------------------------------------------------

/// The newest value names the proposal that was completed last, and this node's run slot tells what runs here. Nothing
/// else is known of what happened while this node was away.
std::optional<missed> track::missed_hook() const {
  if (!newest_ || !own_rank_)
    return std::nullopt;
  auto completed = newest_->value->content->getCompleted();
  auto done = digest_of(completed.getProposal());
  auto here = deployed();
  auto open = state_.what() ? state_.what()->id() : digest{};
  // What is deployed was neither completed nor is it open any more.
  bool is_own = here != digest{} && is_same(run_->run()->getProposal(), here);
  bool is_over = state_.is_dropped() ? state_.newest()->content->getKind() != wire::GateValueKind::BACK : here != open;
  if (is_own && is_over && here != done && run_->run()->getPosition() > completed.getPosition())
    return missed{action::ROLLBACK, here, {}};
  bool was_to_deploy = done != digest{} && (completed.getMembers() >> *own_rank_ & 1);
  if (was_to_deploy && done != open && here != done && (here != open || !is_own))
    return missed{action::DEPLOY, done, std::string{as_view(completed.getTo())}};
  return std::nullopt;
}

void track::note_missed(effects& out) {
  if (!is_missed_new_)
    return;
  is_missed_new_ = false;
  auto now = missed_hook();
  if (now && now != missed_told_)
    out.others.push_back(outputs::missed_hook{number_, *now});
  missed_told_ = std::move(now);
}

} // namespace hive::gate
