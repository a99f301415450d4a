#include "actors/upgrade/gate/track_write.hpp"

namespace hive::gate {

track::track(uint8_t number, const gate_options& options, const gate_crypto& crypto)
    : number_{number}, options_{options}, crypto_{crypto}, sealers_{options.tracks[number]},
      own_rank_{sealers_->rank_of(options.self)}, state_{number, *sealers_} {
}

void track::restore(const stored_state& stored) {
  statement_ptr seal;
  for (const auto& slot : stored.own) {
    if (slot->track != number_)
      continue;
    if (slot->type == slot_type::log) {
      restore_log(slot->log());
    } else if (slot->type == slot_type::seal) {
      seal = slot;
    }
  }
  own_rank_ = sealers_->rank_of(options_.self);
  if (seal && is_same(seal->seal()->getGeneration(), sealers_->hash())) {
    seal_ = seal_state::from(*seal, *sealers_);
    if (is_same(seal->seal()->getChain(), state_.chain()))
      seals_[options_.self] = seal;
    else
      seal_.go_on(); // it had said nothing yet of the present position
  }
  for (const auto& slot : stored.own)
    if (slot->track == number_)
      hear_own(slot);
  for (const auto& slot : stored.kept)
    if (slot->track == number_ && seal_.accepted && slot->proposed().value->hash == seal_.accepted->value)
      kept_ = slot;
}

void track::begin(uint64_t start, uint64_t nonce, bool keeps_admission) {
  nonce_ = nonce;
  // A seal slot that came back from others may be of an earlier start.
  seal_.admitted = keeps_admission && seal_.admitted && seal_.start == start;
  seal_.start = start;
  is_seal_told_ = false;
}

void track::on(const events::quarantined& what, instant now) {
  if (what.is_so)
    known_.quarantined.insert(what.node);
  else
    known_.quarantined.erase(what.node);
  is_knowledge_new_ = true;
  refused_.clear();
  // It may be one of those that told their logs.
  if (untold_log_ && !log_due_)
    log_due_ = now + options_.log_wait;
}

void track::advance(instant now, effects& out) {
  note_holds(now);
  if (is_sealer() && seal_.start > 0 && !seal_.admitted)
    try_admission(out);
  if (is_sealer() && seal_.admitted) {
    promise(now);
    go_on_leading(out);
    accept_what_is_led(out);
    lead(now, out);
  }
  if (is_seal_due(now))
    write_seal(out);
  // At most one position a step: the next one begins when this one is on disk.
  learn(now, out);
  if (is_sealer() && seal_.admitted) {
    judge(now, out);
    run_hooks(out);
  }
  note_missed(out);
  if (is_seal_due(now))
    write_seal(out);
  tell_log(now, out);
}

std::optional<instant> track::next_deadline() const {
  std::optional<instant> out = round_due_;
  for (const auto& due : {promise_due_, seal_due_, log_due_})
    if (due)
      out = out ? std::min(*out, *due) : due;
  auto what = state_.what();
  if (window_since_ && state_.now() == phase::stage && attempt_to_ask()) {
    auto stage = what->body().getStages()[state_.stage() - 1u];
    auto due = *window_since_ + std::chrono::seconds{stage.getDurationS()};
    out = out ? std::min(*out, due) : due;
  }
  return out;
}

std::optional<tally> track::count() const {
  if (state_.now() != phase::judging && state_.now() != phase::stage)
    return std::nullopt;
  statements votes;
  for (const auto& [node, vote] : known_.votes)
    votes.push_back(vote);
  return count_votes(*state_.what(), state_.stage(), votes, known_.quarantined);
}

bool track::is_overdue(instant now) const {
  uint32_t deadline_s = 0;
  if (state_.now() == phase::judging)
    deadline_s = state_.what()->body().getDeadlineS();
  else if (state_.now() == phase::stage)
    deadline_s = state_.what()->body().getStages()[state_.stage() - 1u].getDeadlineS();
  return deadline_s > 0 && now >= learned_at_ + std::chrono::seconds{deadline_s};
}

} // namespace hive::gate
