#include "actors/upgrade/gate/track_write.hpp"

// This node as a sealer: its admission, what it promises and accepts, and what it learns to be sealed.

namespace hive::gate {

statements track::all_seals() const {
  statements out;
  for (const auto& [node, seal] : seals_)
    out.push_back(seal);
  return out;
}

void track::note_holds(instant now) {
  for (const auto& [node, run] : known_.runs) {
    if (node == options_.self)
      continue;
    auto& held = seal_.holds[node];
    if (run->run()->getSequence() > held) {
      held = run->run()->getSequence();
      tell_seal_soon(now);
    }
  }
}

bool track::is_seal_due(instant now) const {
  return !is_seal_told_ || (seal_due_ && now >= *seal_due_);
}

void track::tell_seal_soon(instant now) {
  if (!seal_due_)
    seal_due_ = now + options_.seal_wait;
}

// -- admission -------------------------------------------------------------------------

/// Whether the seal slot of another sealer acknowledges this start. It must be of this generation and of no later
/// position, and know of no start that this node has not heard of: else this node would strike less than it should.
bool track::is_acknowledgement(const statement& seal) const {
  auto content = *seal.seal();
  if (!is_same(content.getGeneration(), sealers_->hash()) || content.getPosition() > state_.position() + 1)
    return false;
  if (content.getPosition() == state_.position() + 1 && !is_same(content.getChain(), state_.chain()))
    return false;
  bool is_listed = false;
  for (auto known : content.getStarts()) {
    if (known.getMember() >= sealers_->size())
      return false;
    const auto& node = sealers_->node(known.getMember());
    if (node == options_.self) {
      is_listed = known.getStart() == seal_.start && known.getNonce() == nonce_;
    } else if (node != seal.origin) {
      auto found = seal_.starts.find(node);
      if (found == seal_.starts.end() || found->second.start < known.getStart())
        return false;
    }
  }
  for (auto hold : content.getHolds())
    if (hold.getMember() == own_rank_ && (!run_ || run_->run()->getSequence() < hold.getSequence()))
      return false; // its own run slot, which the other one has, has not come back yet
  auto of_origin = seal_.starts.find(seal.origin);
  return is_listed && of_origin != seal_.starts.end() && of_origin->second.start >= content.getStart();
}

void track::try_admission(effects& out) {
  statements acknowledgements;
  for (const auto& [node, seal] : seals_)
    if (node != options_.self && sealers_->rank_of(node) && is_acknowledgement(*seal))
      acknowledgements.push_back(seal);
  if (acknowledgements.size() < sealers_->acknowledgements())
    return;
  adopt(acknowledgements, out);
  seal_.admitted = true;
  seal_.admitted_at = state_.position() + 1;
  is_seal_told_ = false;
  is_knowledge_new_ = true;
}

/// Takes the highest promise and the highest accepted value. That it accepted the value is lost: it does not count.
void track::adopt(const statements& acknowledgements, effects& out) {
  for (const auto& seal : acknowledgements) {
    auto content = *seal->seal();
    if (content.getPosition() != state_.position() + 1)
      continue;
    if (content.hasPromised())
      seal_.promise(round_of(content.getPromised()));
    if (!content.hasAccepted())
      continue;
    auto in = round_of(content.getAccepted().getRound());
    if (seal_.accepted && in <= seal_.accepted->in)
      continue;
    if (!is_claim_proven(here(), *seal))
      continue;
    seal_.accepted = seal_state::acceptance{in, digest_of(content.getAccepted().getValueHash()), false, seal->claim()};
    // Whoever reports a value should be able to carry it on.
    for (const auto& [node, value] : values_)
      if (value->proposed().value->hash == seal_.accepted->value)
        keep_value(value, out);
  }
}

void track::on(const events::admit&) {
  if (!is_sealer() || seal_.admitted || seal_.start == 0)
    return;
  seal_.admitted = true;
  seal_.admitted_at = state_.position() + 1;
  is_seal_told_ = false;
  is_knowledge_new_ = true;
}

// -- promises and accepts ----------------------------------------------------------------

/// Another round of the same owner is promised no sooner than an honest owner begins it, so that a liar cannot outbid
/// the others' rounds before they are done.
void track::promise(instant now) {
  promise_due_.reset();
  for (const auto& [node, lead] : leads_) {
    if (node == options_.self || !leads_at(here(), *lead))
      continue;
    auto in = round_of(lead->lead()->getRound());
    auto known = seal_.starts.find(node);
    bool is_stale = known != seal_.starts.end() && known->second.start > in.start;
    bool is_asked = in.counter > 0 && lead->lead()->getStep() == wire::GateStep::ASKS && is_near(in.counter);
    if (!is_asked || is_stale || (seal_.promised && in <= *seal_.promised))
      continue;
    auto until = promised_until_.find(in.owner);
    if (until != promised_until_.end() && now < until->second) {
      promise_due_ = std::min(promise_due_.value_or(until->second), until->second);
      continue;
    }
    promised_until_[in.owner] = now + wait_after(in.counter);
    seal_.promise(in);
    is_seal_told_ = false;
  }
}

/// Why the value of a round must not be accepted; none when it may.
caf::error track::check_proposal(const statement& lead, const statement& value) const {
  auto in = round_of(lead.lead()->getRound());
  const auto& proposed = value.proposed();
  if (in.counter == 0) {
    if (state_.first() == 0 || in.start != state_.first())
      return fail(ec::invalid, "round 0 is for another start");
    return check_follows(state_, *sealers_, *proposed.value, known_.quarantined);
  }
  auto promises = promises_for(here(), in, proposed.promises);
  if (promises.empty())
    return fail(ec::invalid, "no quorum has promised the round");
  auto compelled = compelled_by(promises);
  if (!compelled)
    return check_follows(state_, *sealers_, *proposed.value, known_.quarantined);
  if (compelled->value != proposed.value->hash)
    return fail(ec::invalid, "the promises compel another value");
  return check_follows(state_, *sealers_, *proposed.value, {});
}

void track::accept_what_is_led(effects& out) {
  for (const auto& [node, lead] : leads_) {
    if (node == options_.self || lead->lead()->getStep() != wire::GateStep::PROPOSES || !leads_at(here(), *lead))
      continue;
    if (!seal_.may_accept(round_of(lead->lead()->getRound())))
      continue;
    auto value = values_.find(node);
    if (value == values_.end() || !is_same(lead->lead()->getValueHash(), value->second->proposed().value->hash) ||
        !is_same(lead->lead()->getSlotHash(), sha256(value->second->payload())))
      continue;
    std::pair tried{lead, value->second};
    if (auto refused = refused_.find(node); refused != refused_.end() && refused->second == tried)
      continue;
    if (check_proposal(*lead, *value->second))
      refused_[node] = std::move(tried);
    else
      accept(lead, value->second, out);
  }
}

void track::accept(const statement_ptr& lead, const statement_ptr& value, effects& out) {
  seal_.accept(round_of(lead->lead()->getRound()), value->proposed().value->hash, lead);
  keep_value(value, out);
  is_seal_told_ = false;
}

/// Its own value slot as well: another round replaces that, and need not be accepted.
void track::keep_value(const statement_ptr& value, effects& out) {
  kept_ = value;
  std::erase_if(out.kept, [&](const auto& each) { return each->track == number_; });
  out.kept.push_back(value);
}

// -- learning ------------------------------------------------------------------------------

value_ptr track::find_value(const digest& hash) const {
  if (kept_ && kept_->proposed().value->hash == hash)
    return kept_->proposed().value;
  for (const auto& [node, value] : values_)
    if (value->proposed().value->hash == hash)
      return value->proposed().value;
  return nullptr;
}

void track::learn(instant now, effects& out) {
  auto where = here();
  std::optional<accepted_claim> tried;
  statements all;
  for (const auto& [node, seal] : seals_) {
    if (!seal->claim() || seal->seal()->getPosition() != where.position)
      continue;
    auto accepted = seal->seal()->getAccepted();
    accepted_claim claim{round_of(accepted.getRound()), digest_of(accepted.getValueHash())};
    if (tried && tried->in == claim.in && tried->value == claim.value)
      continue;
    tried = claim;
    if (all.empty())
      all = all_seals();
    auto accepts = accepts_for(where, claim.in, claim.value, all);
    auto value = accepts.empty() ? nullptr : find_value(claim.value);
    if (!value)
      continue;
    if (accepts.size() > sealers_->quorum())
      accepts.resize(sealers_->quorum());
    install({value, std::move(accepts)}, {}, now, out);
    return;
  }
}

} // namespace hive::gate
