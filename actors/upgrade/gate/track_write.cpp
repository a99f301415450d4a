#include "actors/upgrade/gate/track_write.hpp"

// Slots of this node that other files do not write by themselves.

namespace hive::gate {

void track::write_seal(effects& out) {
  is_seal_told_ = true;
  seal_due_.reset();
  if (!is_sealer() || seal_.start == 0)
    return;
  auto message = seal_.to_message(here(), options_.self);
  auto payload = to_packed(message);
  auto lead = seal_.accepted ? seal_.accepted->lead : nullptr;
  seals_[options_.self] = write(slot_type::seal, seal_content{std::move(message), std::move(lead)}, payload, out);
}

namespace {

msg<wire::GateLog> to_message(const sealed_value& newest, std::span<const sealed_value> generations,
                              const std::optional<line_start>& line) {
  return msg<wire::GateLog>::build([&](wire::GateLog::Builder out) {
    set_sealed(out.initNewest(), newest);
    if (line) {
      auto to = out.initLine();
      to.setGeneration(line->first->content());
      to.setPosition(line->position);
      to.setChain(data_of(line->chain));
      if (line->before)
        to.setBefore(line->before->content());
    }
    auto list = out.initGenerations(static_cast<uint32_t>(generations.size()));
    for (uint32_t i = 0; i < generations.size(); ++i)
      set_sealed(list[i], generations[i]);
  });
}

} // namespace

/// With as many of the newest generations as fit: whoever knows none of them cannot check it, and has to be told the
/// sealers by its operator.
void track::write_log(bool is_told, instant now, effects& out) {
  std::vector<sealed_value> generations = generations_;
  if (newest_->value->members)
    generations.pop_back(); // it is the newest value itself
  for (;;) {
    auto message = to_message(*newest_, generations, line_);
    auto payload = to_packed(message);
    if (payload.size() <= max_payload_bytes || generations.empty()) {
      untold_log_ = write(slot_type::log, log_content{std::move(message), *newest_, generations, line_}, payload, out);
      break;
    }
    generations.erase(generations.begin());
  }
  log_due_.reset();
  std::erase_if(out.untold, [&](const auto& each) { return each->track == number_; });
  if (is_told) {
    untold_log_ = nullptr;
    return;
  }
  out.untold.push_back(std::move(out.slots.back()));
  out.slots.pop_back();
  if (own_rank_) // who is no sealer leaves it to them
    log_due_ = now + options_.log_wait + *own_rank_ * options_.round_jitter;
}

/// The turn goes round.
bool track::is_log_teller() const {
  return own_rank_ && (*own_rank_ + state_.position()) % sealers_->size() < log_tellers;
}

/// Whether enough other members have told a log of this position or of a later one. One of those whose turn it is may
/// be missing.
bool track::is_log_told() const {
  auto tells = [&](const auto& each) {
    const auto& [node, slot] = each;
    return node != options_.self && sealers_->rank_of(node) && !known_.quarantined.contains(node) &&
           slot->log().newest.value->content->getPosition() >= state_.position();
  };
  return static_cast<size_t>(std::ranges::count_if(logs_, tells)) + 1 >= std::min(log_tellers, sealers_->size());
}

void track::tell_log(instant now, effects& out) {
  if (!log_due_)
    return;
  if (is_log_told()) {
    log_due_.reset();
  } else if (now >= *log_due_) {
    log_due_.reset();
    out.others.push_back(outputs::tell{{std::exchange(untold_log_, nullptr)}});
  }
}

bool track::may_ask(effects& out) {
  if (!is_sealer() || seal_.admitted)
    return true;
  // Others may still remember an ask that this disk has lost; another one would replace it.
  out.others.push_back(outputs::refused{number_, fail(ec::unavailable, "this node is not admitted yet")});
  return false;
}

/// Changes this node's ask; what it asked before stays, unless its proposal is over.
template <class Change>
void track::write_ask(Change change, effects& out) {
  capnp::MallocMessageBuilder built;
  auto root = built.initRoot<wire::GateAsk>();
  if (auto found = known_.asks.find(options_.self); found != known_.asks.end()) {
    auto before = *found->second->ask().message;
    const auto& proposed = found->second->ask().propose;
    if (proposed && !state_.was_opened(proposed->id()))
      root.setPropose(before.getPropose());
    bool is_open = state_.now() != phase::idle;
    if (before.hasStop() && is_open && is_same(before.getStop().getProposal(), state_.what()->id()))
      root.setStop(before.getStop());
    if (before.hasMembers() && is_same(before.getMembers().getPrevious(), sealers_->hash()))
      root.setMembers(before.getMembers());
  }
  change(root);
  ask_content content;
  content.message = msg<wire::GateAsk>::copy_of(root.asReader());
  if (content.message->hasPropose())
    if (auto what = proposal::from(content.message->getPropose().getBody()))
      content.propose = std::move(*what);
  if (content.message->hasMembers())
    if (auto members = generation::from(content.message->getMembers()))
      content.members = std::move(*members);
  auto payload = to_packed(content.message);
  known_.asks[options_.self] = write(slot_type::ask, std::move(content), payload, out);
  is_knowledge_new_ = true;
}

void track::on(const events::propose& what, effects& out) {
  auto refuse = [&](caf::error why) { out.others.push_back(outputs::refused{number_, std::move(why)}); };
  if (!may_ask(out))
    return;
  auto canonical = to_canonical<wire::GateProposal>(*what.body);
  auto checked = proposal::from(data_of(canonical.bytes()));
  if (!checked)
    return refuse(checked.error());
  if ((*checked)->body().getTrack() != number_)
    return refuse(fail(ec::invalid, "the proposal is for another track"));
  if (auto error = (*checked)->check(*sealers_))
    return refuse(std::move(error));
  if (state_.was_opened((*checked)->id()))
    return refuse(fail(ec::conflict, "proposal " + short_text((*checked)->id()) + " was opened before"));
  if (!what.queue && state_.now() != phase::idle)
    return refuse(fail(ec::conflict, short_text(state_.what()->id()) + " is open"));
  write_ask(
    [&](wire::GateAsk::Builder to) {
      auto propose = to.initPropose();
      propose.setBody(data_of(canonical.bytes()));
      propose.setSeenPosition(state_.position());
      propose.setQueue(what.queue);
    },
    out);
}

void track::on(const events::stop& what, effects& out) {
  if (may_ask(out))
    write_ask([&](wire::GateAsk::Builder to) { to.setStop(*what.request); }, out);
}

void track::on(const events::change_members& what, effects& out) {
  if (!may_ask(out))
    return;
  capnp::MallocMessageBuilder built;
  built.setRoot(*what.members);
  auto root = built.getRoot<wire::GateGeneration>();
  root.setNumber(sealers_->number() + 1);
  root.setPrevious(data_of(sealers_->hash()));
  root.setLine(sealers_->content().getLine());
  root.setTrack(sealers_->content().getTrack());
  auto checked = generation::from(root.asReader());
  if (!checked)
    out.others.push_back(outputs::refused{number_, checked.error()});
  else
    write_ask([&](wire::GateAsk::Builder to) { to.setMembers((*checked)->content()); }, out);
}

} // namespace hive::gate
