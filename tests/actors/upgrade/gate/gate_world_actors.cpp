#include "messages/packed.hpp"
#include "tests/actors/upgrade/gate/gate_world.hpp"

// Operators, judges, hooks and liars of a world, and its end.

namespace hive::gate::testing {
namespace {

using namespace std::chrono_literals;

constexpr int max_proposals = 20;

} // namespace

// -- operators ---------------------------------------------------------------------------------

void gate_world::operate() {
  auto* at = any_up();
  if (!at)
    return;
  auto dice = random(100);
  if (dice < 45)
    propose(*at);
  else if (dice < 75)
    stop_something(*at);
  else if (weather_ == weather::changing_members)
    change_members(*at);
  else if (weather_ == weather::lost_quorum && survivors_)
    force_members(*at);
  else if (weather_ == weather::lost_quorum && dice < 85)
    lose_quorum();
  else if (dice < 77)
    vote_early(*at);
}

void gate_world::propose(node& at) {
  if (proposals_ >= max_proposals)
    return;
  ++proposals_;
  const auto& sealers = at.core->at(0).sealers();
  auto body = msg<wire::GateProposal>::build([&](wire::GateProposal::Builder out) {
    out.setFrom("v1");
    out.setTo("v2");
    auto size = chance(80) ? sealers.size() : 1 + static_cast<size_t>(random(static_cast<int>(sealers.size())));
    auto list = out.initElectorate(static_cast<uint32_t>(size));
    for (uint32_t i = 0; i < size; ++i) {
      list[i].setNode(sealers.node(static_cast<rank>(i)).value);
      list[i].setWeight(1 + static_cast<uint32_t>(random(3)));
    }
    out.setPolicy(static_cast<wire::GatePolicy>(random(3)));
    auto stages = out.initStages(1 + static_cast<uint32_t>(random(2)));
    for (uint32_t i = 0; i < stages.size(); ++i) {
      stages[i].setSharePermille(static_cast<uint16_t>(400 + 300 * i));
      stages[i].setDurationS(static_cast<uint32_t>(random(3)));
    }
    out.setLine(sealers.content().getLine());
    auto nonce = random_();
    out.setNonce({reinterpret_cast<const kj::byte*>(&nonce), sizeof nonce});
  });
  auto canonical = to_canonical<wire::GateProposal>(*body);
  moods_[hash_of(canonical)] = random(4);
  proposed_.push_back(canonical);
  step(at, events::propose{0, canonical, chance(70)});
}

void gate_world::stop_something(node& at) {
  if (proposed_.empty())
    return;
  // Most often what is open: the race against the last vote.
  auto open = at.core->at(0).state().what();
  const auto& any = proposed_[static_cast<size_t>(random(static_cast<int>(proposed_.size())))];
  auto id = open && chance(90) ? open->id() : hash_of(any);
  auto request = msg<wire::GateStop>::build([&](wire::GateStop::Builder out) {
    out.setProposal(data_of(id));
    out.setOnlyPending(chance(20));
    if (chance(20)) {
      auto list = out.initUnknown(1);
      list.set(0, nodes_[static_cast<size_t>(random(static_cast<int>(nodes_.size())))].id.value);
    }
  });
  stops_.insert({id, at.id});
  step(at, events::stop{0, request});
}

void gate_world::change_members(node& at) {
  auto count = 3 + static_cast<size_t>(random(static_cast<int>(nodes_.size()) - 2));
  auto left_out = static_cast<size_t>(random(static_cast<int>(nodes_.size())));
  auto members = msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    std::vector<node_id> chosen;
    for (const auto& each : nodes_)
      if (each.index != left_out && chosen.size() < count)
        chosen.push_back(each.id);
    auto list = out.initMembers(static_cast<uint32_t>(chosen.size()));
    for (uint32_t i = 0; i < chosen.size(); ++i)
      list[i].setNode(chosen[i].value);
  });
  step(at, events::change_members{0, members});
}

// -- a lost quorum -----------------------------------------------------------------------------

/// Some are lost for good, as their operators believe. What they had open or sealed, the others may not know.
void gate_world::lose_quorum() {
  if (counts_.steps < 300 || any_up() == nullptr)
    return;
  auto most = first_->quorum() - 1;
  if (most == 0)
    return;
  auto count = 1 + static_cast<size_t>(random(static_cast<int>(most)));
  std::vector<size_t> order(nodes_.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::ranges::shuffle(order, random_);
  order.resize(count);
  std::ranges::sort(order);
  auto members = msg<wire::GateGeneration>::build([&](wire::GateGeneration::Builder out) {
    out.setNumber(1);
    auto list = out.initMembers(static_cast<uint32_t>(count));
    for (uint32_t i = 0; i < count; ++i)
      list[i].setNode(nodes_[order[i]].id.value);
  });
  survivors_ = *generation::from(*members);
  for (auto& each : nodes_) {
    each.is_lost = !is_survivor(each);
    if (each.is_lost && each.core)
      crash(each);
  }
}

bool gate_world::is_survivor(const node& which) const {
  return !survivors_ || (*survivors_)->rank_of(which.id).has_value();
}

/// Also an operator of one that was lost says so at times, to let it hear what the others decide.
void gate_world::force_members(node& at) {
  if (!is_survivor(at) && !chance(20))
    return;
  auto members = msg<wire::GateGeneration>::build(
    [&](wire::GateGeneration::Builder out) { out.setMembers((*survivors_)->content().getMembers()); });
  auto line = at.core->at(0).line();
  step(at, events::begin_line{0, members});
  if (at.core && at.core->at(0).line() && (!line || line->first != at.core->at(0).line()->first))
    ++counts_.lines;
}

/// By the mood of a proposal: most are good, some are bad, some are disputed.
wire::Verdict gate_world::verdict_of(const digest& proposal, rank, uint8_t stage) {
  auto mood = moods_[proposal];
  if (chance(is_calm_ ? 0 : 5))
    return wire::Verdict::INCONCLUSIVE;
  if (mood == 3)
    return chance(50) ? wire::Verdict::SAFE : wire::Verdict::REGRESSED;
  if (mood == 2)
    return chance(stage == 0 ? 85 : 40) ? wire::Verdict::SAFE : wire::Verdict::REGRESSED;
  return wire::Verdict::SAFE;
}

void gate_world::answer_judge(node& at) {
  auto what = at.judges.back();
  at.judges.pop_back();
  auto verdict = verdict_of(what.what->id(), at.index, what.stage);
  auto vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(data_of(what.what->id()));
    out.setStage(what.stage);
    out.setVerdict(verdict);
    out.setJudgedFast(true);
  });
  step(at, events::judged{0, vote});
}

/// A judge that does not wait to be asked: an alarm counts, anything else must not.
void gate_world::vote_early(node& at) {
  const auto& state = at.core->at(0).state();
  if (state.now() != phase::stage || !chance(10))
    return;
  auto verdict = static_cast<wire::Verdict>(random(3));
  auto vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(data_of(state.what()->id()));
    out.setStage(state.stage());
    out.setVerdict(verdict);
  });
  step(at, events::judged{0, vote});
}

void gate_world::end_hook(node& at) {
  auto what = at.hooks.back();
  at.hooks.pop_back();
  step(at, events::hook_ended{0, what.token, chance(90) ? 0 : 1});
}

// -- liars -------------------------------------------------------------------------------------

void gate_world::lie() {
  for (auto& each : nodes_) {
    if (!each.is_liar || !each.core || is_calm_)
      continue;
    if (weather_ == weather::lying_voter)
      lie_in_vote(each);
    else if (weather_ == weather::lying_acceptor || weather_ == weather::lies_beyond_slack)
      chance(80) ? lie_in_seal(each) : lie_in_vote(each);
    else if (weather_ == weather::lying_owner)
      chance(50) ? lie_in_lead(each) : outbid(each);
  }
}

void gate_world::tell_some(node& from, const statement_ptr& slot) {
  if (!slot)
    return;
  check_told(from, slot);
  for (auto& to : nodes_)
    if (to.index != from.index && chance(60))
      in_flight_.push_back({to.index, slot});
}

void gate_world::lie_in_vote(node& liar) {
  const auto& state = liar.core->at(0).state();
  if (state.now() != phase::judging && state.now() != phase::stage)
    return;
  auto vote = msg<wire::GateVote>::build([&](wire::GateVote::Builder out) {
    out.setProposal(data_of(state.what()->id()));
    out.setStage(state.stage());
    out.setStart(liar.core->start());
    out.setAttempt(static_cast<uint8_t>(random(3)));
    out.setVerdict(static_cast<wire::Verdict>(random(3)));
    out.setPosition(state.position());
    out.setJudgedFast(chance(50));
  });
  tell_some(liar, sign_as(liar, slot_type::vote, to_packed(vote)));
}

/// Promises and accepts what it likes: any round that was led, any value proposed in it, and nothing that it said.
void gate_world::lie_in_seal(node& liar) {
  const auto& track = liar.core->at(0);
  if (leads_.empty())
    return;
  auto any_lead = [&] { return leads_[static_cast<size_t>(random(static_cast<int>(leads_.size())))]; };
  auto promised = chance(70) ? leads_.back() : any_lead();
  auto accepted = any_lead();
  auto position = promised->lead()->getPosition();
  auto before = chosen_.find({"", position - 1});
  digest chain = position == 1 ? first_->hash() : before != chosen_.end() ? before->second : digest{};
  auto claimed = accepted->lead()->getValueHash();
  // What hurts most is another value than the one that is sealed already.
  auto sealed = chosen_.find({"", position});
  digest bare{};
  for (const auto& [hash, value] : values_)
    if (value->content->getPosition() == position && (sealed == chosen_.end() || sealed->second != hash))
      bare = hash;
  bool is_bare = bare != digest{} && chance(sealed == chosen_.end() ? 50 : 90);
  auto seal = msg<wire::GateSeal>::build([&](wire::GateSeal::Builder out) {
    out.setPosition(position);
    out.setChain(data_of(chain));
    out.setGeneration(data_of(track.sealers().hash()));
    out.setStart(liar.core->start());
    out.setAdmitted(true);
    set_round(out.initPromised(), round_of(promised->lead()->getRound()));
    if (chance(30) || (accepted->lead()->getStep() != wire::GateStep::PROPOSES && !is_bare))
      return;
    auto to = out.initAccepted();
    auto in = round_of(accepted->lead()->getRound());
    // A claim must bring the owner's lead slot; this one claims more than that slot says.
    if (is_bare && promised->lead()->getRound().getCounter() > 0) {
      in = round_of(promised->lead()->getRound());
      --in.counter;
    }
    set_round(to.initRound(), in);
    to.setValueHash(is_bare ? data_of(bare) : claimed);
    to.setOwn(true);
    to.setLead(*accepted->whole);
  });
  tell_some(liar, sign_as(liar, slot_type::seal, to_packed(seal)));
}

/// In round 0, when that is its own: a value that does not follow, such as an approval with one vote, counted twice.
void gate_world::lie_in_lead(node& liar) {
  const auto& track = liar.core->at(0);
  const auto& state = track.state();
  if (state.now() != phase::judging || state.first() != liar.core->start() ||
      track.sealers().rank_of(liar.id) != track.sealers().owner_of(state.position() + 1, 0))
    return;
  auto counted = track.count();
  choice what{
    chance(70) ? wire::GateValueKind::APPROVED : wire::GateValueKind::REJECTED, state.what(), {}, 0, nullptr, {}};
  what.proposer = {std::string{as_view(state.newest()->content->getProposer())}};
  what.stage = what.kind == wire::GateValueKind::APPROVED ? 1 : 0;
  for (const auto& vote : counted->votes())
    for (int i = 0; i < 4 && what.evidence.size() < 8; ++i)
      what.evidence.push_back(vote);
  auto value = make_value(state, track.sealers(), what, 0);
  auto proposed = msg<wire::GateProposed>::build(
    [&](wire::GateProposed::Builder out) { out.setValue(data_of(value->content.bytes())); });
  auto slot = sign_as(liar, slot_type::value, to_packed(proposed));
  if (!slot)
    return;
  values_[value->hash] = value;
  auto lead = msg<wire::GateLead>::build([&](wire::GateLead::Builder out) {
    out.setPosition(state.position() + 1);
    out.setGeneration(data_of(track.sealers().hash()));
    set_round(out.initRound(), {0, *track.sealers().rank_of(liar.id), liar.core->start()});
    out.setStep(wire::GateStep::PROPOSES);
    out.setValueHash(data_of(value->hash));
    out.setSlotHash(data_of(sha256(slot->payload())));
  });
  auto claim = sign_as(liar, slot_type::lead, to_packed(lead));
  for (auto& to : nodes_)
    if (to.index != liar.index && chance(80)) {
      in_flight_.push_back({to.index, slot});
      in_flight_.push_back({to.index, claim});
    }
}

/// Asks for promises in rounds of its own, one after the other and far beyond those of others.
void gate_world::outbid(node& liar) {
  const auto& track = liar.core->at(0);
  const auto& sealers = track.sealers();
  auto position = track.state().position() + 1;
  constexpr std::array<uint64_t, 4> jumps{1, 8, (1 << 24) - 8, ~uint64_t{0} - 40};
  auto counter = jumps[static_cast<size_t>(random(4))];
  if (!leads_.empty() && counter < jumps.back())
    counter += leads_.back()->lead()->getRound().getCounter() % jumps.back();
  while (sealers.owner_of(position, counter) != sealers.rank_of(liar.id))
    ++counter;
  auto lead = msg<wire::GateLead>::build([&](wire::GateLead::Builder out) {
    out.setPosition(position);
    out.setGeneration(data_of(sealers.hash()));
    set_round(out.initRound(), {counter, *sealers.rank_of(liar.id), liar.core->start()});
    out.setStep(wire::GateStep::ASKS);
  });
  tell_some(liar, sign_as(liar, slot_type::lead, to_packed(lead)));
}

// -- the end -------------------------------------------------------------------------------------

bool gate_world::is_still() {
  if (!in_flight_.empty())
    return false;
  return std::ranges::all_of(nodes_, [&](const node& each) {
    // Those that were lost may wait for ever for a quorum.
    if (!is_survivor(each))
      return each.writes.empty();
    return each.writes.empty() && each.judges.empty() && each.hooks.empty() && !each.core->next_deadline();
  });
}

/// All nodes come back and all links are fair; judges and hooks answer. What is derivable must get sealed.
void gate_world::settle() {
  is_calm_ = true;
  for (auto& each : nodes_) {
    each.group = 0;
    each.is_lost = false;
    if (!each.core)
      boot(each, each.is_stamped);
  }
  // Owners wait for up to 16 s times their number before a round, and each of them may have to lead one.
  constexpr int most_rounds = 4'000;
  size_t told = 0;
  for (int i = 0; i < most_rounds && violation_.empty(); ++i) {
    if (std::exchange(told, exposed_.size()) != exposed_.size())
      for (const auto& liar : std::set{exposed_})
        for (auto& each : nodes_)
          step(each, events::quarantined{liar, true});
    for (auto& from : nodes_)
      for (auto& to : nodes_)
        if (from.index != to.index)
          exchange(from, to, 64);
    for (auto& each : nodes_) {
      while (!each.writes.empty() && violation_.empty())
        store_next(each);
      if (!each.judges.empty())
        answer_judge(each);
      if (!each.hooks.empty())
        end_hook(each);
    }
    while (!in_flight_.empty() && violation_.empty())
      deliver(in_flight_.size() - 1);
    constexpr int forced_until = 40;
    if (survivors_ && i < forced_until) { // until all have begun the same line
      if (i % 10 == 9)
        for (auto& each : nodes_)
          if (is_survivor(each))
            force_members(each);
    } else if (is_still()) {
      break;
    }
    now_ += 250ms;
    for (auto& each : nodes_)
      if (auto due = each.core->next_deadline(); due && each.booted + *due <= now_)
        step(each, events::ticked{});
  }
  if (violation_.empty())
    check_quiet();
}

} // namespace hive::gate::testing
