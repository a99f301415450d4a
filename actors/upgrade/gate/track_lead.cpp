#include "actors/upgrade/gate/track_write.hpp"

// Rounds that this node leads.

namespace hive::gate {
namespace {

/// Between 0 and `spread`, another one for each member, position and counter.
duration jitter(const node_id& self, uint64_t position, uint32_t counter, duration spread) {
  auto drawn = sha256(self.value + '/' + std::to_string(position) + '/' + std::to_string(counter));
  return spread * drawn[0] / 255;
}

} // namespace

/// The highest counter that this node has heard of at this position.
std::optional<uint32_t> track::highest_counter() const {
  std::optional<uint32_t> out;
  auto note = [&](uint32_t counter) { out = std::max(out.value_or(counter), counter); };
  if (seal_.promised)
    note(seal_.promised->counter);
  if (seal_.accepted)
    note(seal_.accepted->in.counter);
  for (const auto& [node, lead] : leads_)
    if (leads_at(here(), *lead))
      note(lead->lead()->getRound().getCounter());
  return out;
}

bool track::may_lead_first_round() const {
  return own_rank_ == sealers_->owner_of(state_.position() + 1, 0) && state_.first() != 0 &&
         state_.first() == seal_.start;
}

std::optional<uint32_t> track::next_counter(std::optional<uint32_t> seen) const {
  if (!seen && is_derivable_ && may_lead_first_round())
    return 0;
  auto counter = std::max<uint32_t>(1, seen ? *seen + 1 : 1);
  for (size_t i = 0; i < sealers_->size(); ++i, ++counter)
    if (sealers_->owner_of(state_.position() + 1, counter) == own_rank_)
      return counter;
  return std::nullopt;
}

instant track::wait_for(uint32_t counter, std::optional<uint32_t> seen) const {
  if (counter == 0)
    return {};
  auto doublings = std::min(seen.value_or(0), 16u);
  auto wait = std::min(options_.round_wait * (1u << doublings), options_.longest_round_wait);
  auto turns = counter - seen.value_or(0);
  return wait * turns + jitter(options_.self, state_.position() + 1, counter, options_.round_jitter);
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

void track::lead(instant now, effects& out) {
  if (!wants_round()) {
    round_due_.reset();
    return;
  }
  auto seen = highest_counter();
  if (!round_due_ || waited_for_ != seen) {
    auto counter = next_counter(seen);
    if (!counter)
      return;
    waited_for_ = seen;
    round_due_ = now + wait_for(*counter, seen);
  }
  if (now < *round_due_)
    return;
  auto counter = next_counter(seen);
  if (!counter)
    return;
  begin_round({*counter, *own_rank_, seal_.start}, out);
  round_due_.reset();
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
