#include "actors/upgrade/gate/track_write.hpp"

#include <limits>

// Rounds that this node leads.

namespace hive::gate {
namespace {

/// Between 0 and `spread`, another one for each member, position and counter.
duration jitter(const node_id& self, uint64_t position, uint64_t counter, duration spread) {
  auto drawn = sha256(self.value + '/' + std::to_string(position) + '/' + std::to_string(counter));
  return spread * drawn[0] / 255;
}

/// No honest owner goes so far beyond what a sealer has heard at a position: at the longest wait these rounds take
/// eight years. A liar who goes this far at once needs as many slots to use all counters up as there are steps: 2^40.
constexpr uint64_t longest_counter_step = uint64_t{1} << 24;

} // namespace

/// Whether a round with this counter may be promised, or has to be outbid. Rounds of a liar far beyond do not exist.
bool track::is_near(uint64_t counter) const {
  auto known = std::max(seal_.promised ? seal_.promised->counter : 0, seal_.accepted ? seal_.accepted->in.counter : 0);
  return counter <= known || counter - known <= longest_counter_step;
}

/// The highest counter that this node has heard of at this position.
std::optional<uint64_t> track::highest_counter() const {
  std::optional<uint64_t> out;
  auto note = [&](uint64_t counter) { out = std::max(out.value_or(counter), counter); };
  if (seal_.promised)
    note(seal_.promised->counter);
  if (seal_.accepted)
    note(seal_.accepted->in.counter);
  for (const auto& [node, lead] : leads_)
    if (leads_at(here(), *lead) && is_near(lead->lead()->getRound().getCounter()))
      note(lead->lead()->getRound().getCounter());
  return out;
}

bool track::may_lead_first_round() const {
  return own_rank_ == sealers_->owner_of(state_.position() + 1, 0) && state_.first() != 0 &&
         state_.first() == seal_.start;
}

std::optional<uint64_t> track::next_counter(std::optional<uint64_t> seen) const {
  if (!seen && is_derivable_ && may_lead_first_round())
    return 0;
  if (seen && *seen >= std::numeric_limits<uint64_t>::max() - sealers_->size())
    return std::nullopt; // a sealer that lies to those it admits can claim such a promise, for one position
  auto counter = seen ? *seen + 1 : 1;
  for (size_t i = 0; i < sealers_->size(); ++i, ++counter)
    if (sealers_->owner_of(state_.position() + 1, counter) == own_rank_)
      return counter;
  return std::nullopt;
}

/// How long the next owner leaves a round alone.
duration track::wait_after(uint64_t counter) const {
  auto doublings = std::min<uint64_t>(counter, 16);
  return std::min(options_.round_wait * (1u << doublings), options_.longest_round_wait);
}

instant track::wait_for(uint64_t counter, std::optional<uint64_t> seen) const {
  if (counter == 0)
    return {};
  auto turns = static_cast<int64_t>(counter - seen.value_or(0)); // the number of members at most
  return wait_after(seen.value_or(0)) * turns +
         jitter(options_.self, state_.position() + 1, counter, options_.round_jitter);
}

/// Whether a value follows from what this node knows, or somebody has accepted one.
bool track::wants_round() {
  if (is_knowledge_new_) {
    is_knowledge_new_ = false;
    is_derivable_ = choose(state_, *sealers_, known_).has_value();
  }
  if (is_derivable_ || seal_.accepted)
    return true;
  return std::ranges::any_of(seals_,
                             [&](const auto& each) { return each.second->claim() && counts_at(here(), *each.second); });
}

/// A round of another owner is waited for, each owner once: a liar who begins one after the other must not keep this
/// node waiting.
void track::plan_round(instant now, std::optional<uint64_t> seen) {
  bool is_other =
    waited_for_ != seen && (!seen || waited_of_.insert(sealers_->owner_of(here().position, *seen)).second);
  waited_for_ = seen;
  if (round_due_ && !is_other)
    return;
  if (auto counter = next_counter(seen))
    round_due_ = now + wait_for(*counter, seen);
}

void track::lead(instant now, effects& out) {
  if (!wants_round()) {
    round_due_.reset();
    return;
  }
  auto seen = highest_counter();
  plan_round(now, seen);
  auto counter = next_counter(seen);
  if (!counter || !round_due_ || now < *round_due_)
    return;
  begin_round({*counter, *own_rank_, seal_.start}, out);
  round_due_.reset();
  waited_of_.clear();
  go_on_leading(out);
}

void track::begin_round(const round& in, effects& out) {
  leading_ = leading{in};
  if (in.counter == 0) {
    if (auto chosen = choose(state_, *sealers_, known_))
      propose_value(make_value(state_, *sealers_, *chosen, first_start(*chosen)), {}, out);
    return;
  }
  auto message = msg<wire::GateLead>::build([&](wire::GateLead::Builder to) {
    to.setPosition(state_.position() + 1);
    to.setGeneration(data_of(sealers_->hash()));
    set_round(to.initRound(), in);
    to.setStep(wire::GateStep::ASKS);
  });
  auto payload = to_packed(message);
  leads_[options_.self] = write(slot_type::lead, std::move(message), payload, out);
  seal_.promise(in);
  write_seal(out);
}

void track::go_on_leading(effects& out) {
  if (!leading_ || leading_->has_proposed || leading_->in.counter == 0)
    return;
  auto promises = promises_for(here(), leading_->in, all_seals());
  if (promises.empty())
    return;
  if (promises.size() > sealers_->quorum())
    promises.resize(sealers_->quorum());
  if (auto compelled = compelled_by(promises)) {
    // Without its content somebody else has to carry it on: those who accepted it have it.
    if (auto value = find_value(compelled->value))
      propose_value(value, promises, out);
    return;
  }
  if (auto chosen = choose(state_, *sealers_, known_))
    propose_value(make_value(state_, *sealers_, *chosen, first_start(*chosen)), promises, out);
}

/// Start that may lead round 0 at the position after the chosen value.
uint64_t track::first_start(const choice& what) const {
  const auto& next = what.members ? *what.members : *sealers_;
  const auto& node = next.node(next.owner_of(state_.position() + 2, 0));
  if (node == options_.self)
    return seal_.start;
  auto known = seal_.starts.find(node);
  return known == seal_.starts.end() ? 0 : known->second.start;
}

void track::propose_value(const value_ptr& value, const statements& promises, effects& out) {
  auto message = msg<wire::GateProposed>::build([&](wire::GateProposed::Builder to) {
    to.setValue(data_of(value->content.bytes()));
    auto list = to.initPromises(static_cast<uint32_t>(promises.size()));
    for (uint32_t i = 0; i < promises.size(); ++i)
      list.setWithCaveats(i, *promises[i]->whole);
  });
  auto payload = to_packed(message);
  auto made = write(slot_type::value, proposed_content{std::move(message), value, promises}, payload, out);
  values_[options_.self] = made;
  auto claim = msg<wire::GateLead>::build([&](wire::GateLead::Builder to) {
    to.setPosition(state_.position() + 1);
    to.setGeneration(data_of(sealers_->hash()));
    set_round(to.initRound(), leading_->in);
    to.setStep(wire::GateStep::PROPOSES);
    to.setValueHash(data_of(value->hash));
    to.setSlotHash(data_of(sha256(made->payload())));
  });
  auto claim_payload = to_packed(claim);
  auto lead = write(slot_type::lead, std::move(claim), claim_payload, out);
  leads_[options_.self] = lead;
  leading_->has_proposed = true;
  if (seal_.may_accept(leading_->in))
    accept(lead, made, out);
}

} // namespace hive::gate
