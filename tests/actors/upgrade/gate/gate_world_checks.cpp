#include "tests/actors/upgrade/gate/gate_world.hpp"

// What must hold after each step: I1 to I11 of gate.md section 9. Counted here anew, by what was ever told.

namespace hive::gate::testing {
namespace {

using kind = wire::GateValueKind;

/// What must be open before a value of this kind, as the kind of a value before it; for I6.
bool may_follow(std::optional<kind> before, kind next) {
  switch (next) {
  case kind::OPEN:
  case kind::MEMBERS:
    return !before || *before == kind::REJECTED || *before == kind::ABORTED || *before == kind::COMPLETE ||
           *before == kind::CLOSED || *before == kind::MEMBERS;
  case kind::APPROVED:
  case kind::REJECTED:
  case kind::ABORTED:
    return before == kind::OPEN;
  case kind::GO:
  case kind::COMPLETE:
  case kind::BACK:
    return before == kind::APPROVED || before == kind::GO;
  case kind::CLOSED:
    return before == kind::BACK;
  }
  return false;
}

} // namespace

void gate_world::violate(const std::string& what) {
  if (violation_.empty())
    violation_ = "seed " + std::to_string(seed_) + ", weather " + std::to_string(static_cast<int>(weather_)) +
                 ", step " + std::to_string(counts_.steps) + ": " + what;
}

void gate_world::check_told(node& from, const statement_ptr& slot) {
  // I11. A slot that a liar signs beside its core never was a write.
  if (auto written = writes_of_.find(slot); written != writes_of_.end()) {
    auto stored = from.stored.own.find({slot->type, slot->track});
    bool is_stored = stored != from.stored.own.end() && stored->second == slot;
    if (written->second > from.durable && !is_stored)
      violate("I11: " + from.id.value + " tells a slot of kind " + std::to_string(static_cast<int>(slot->type)) +
              " that is not on its disk");
    writes_of_.erase(written);
  }
  if (slot->type == slot_type::lead) {
    constexpr size_t remembered = 8;
    leads_.push_back(slot);
    if (leads_.size() > remembered)
      leads_.erase(leads_.begin());
  }
  if (slot->type == slot_type::vote)
    check_vote(from, *slot);
  // Whoever embeds a seal slot tells it as well: its owner may have gone on before it told it alone.
  if (slot->type == slot_type::seal)
    check_accept(*slot);
  else if (slot->type == slot_type::log)
    for (const auto& accept : slot->log().newest.accepts)
      check_accept(*accept);
  else if (slot->type == slot_type::value)
    for (const auto& promise : slot->proposed().promises)
      check_accept(*promise);
}

void gate_world::check_vote(node& from, const statement& slot) {
  auto vote = *slot.vote();
  auto id = digest_of(vote.getProposal());
  votes_[{id, vote.getStage(), slot.origin}].insert(vote.getVerdict());
  if (from.is_liar)
    return;
  auto& content = ballots_[{slot.origin, id, vote.getStage(), vote.getStart(), vote.getAttempt()}];
  if (content.empty())
    content = slot.payload();
  else if (content != slot.payload())
    violate("I5: " + slot.origin.value + " votes twice under one ballot");
  if (vote.getVerdict() != wire::Verdict::REGRESSED && !watched_.contains({slot.origin, id, vote.getStage()}))
    violate("I10: " + slot.origin.value + " votes on a stage that it has not watched for its time");
}

/// I11: who says that it has accepted a value has stored the value, so that it can carry it on.
void gate_world::check_kept(const node& at, const outputs::write& what) {
  auto accept_of = [](const statement_ptr& seal) {
    auto content = *seal->seal();
    return std::pair{round_of(content.getAccepted().getRound()), digest_of(content.getAccepted().getValueHash())};
  };
  auto is_own = [](const statement_ptr& seal) { return seal->claim() && seal->seal()->getAccepted().getOwn(); };
  for (const auto& seal : what.slots) {
    if (at.is_liar || seal->type != slot_type::seal || !is_own(seal))
      continue;
    auto before = at.stored.own.find({slot_type::seal, 0});
    if (before != at.stored.own.end() && is_own(before->second) && accept_of(before->second) == accept_of(seal))
      continue;
    statements values = what.kept;
    std::ranges::copy(what.slots, std::back_inserter(values));
    for (const auto& [track, slot] : at.stored.kept)
      values.push_back(slot);
    for (const auto& [name, slot] : at.stored.own)
      values.push_back(slot);
    auto hash = accept_of(seal).second;
    if (std::ranges::none_of(values, [&](const auto& slot) {
          return slot->type == slot_type::value && slot->proposed().value->hash == hash;
        }))
      violate("I11: " + at.id.value + " says that it accepted a value that is not on its disk");
  }
}

// -- I1, I8: what anybody could take for sealed ---------------------------------------------------

void gate_world::check_accept(const statement& seal) {
  auto content = *seal.seal();
  if (!seal.claim() || !content.getAdmitted() || !content.getAccepted().getOwn())
    return;
  auto found = generations_.find(digest_of(content.getGeneration()));
  if (found == generations_.end())
    return;
  const auto& sealers = *found->second;
  auto member = sealers.rank_of(seal.origin);
  if (!member)
    return;
  told_accept said{content.getStart(), {}};
  for (auto known : content.getStarts())
    if (known.getMember() < sealers.size())
      said.starts[sealers.node(known.getMember())] = known.getStart();
  auto accepted = content.getAccepted();
  auto value = digest_of(accepted.getValueHash());
  auto& accepts =
    accepts_[{digest_of(content.getGeneration()), content.getPosition(), round_of(accepted.getRound()), value}];
  if (accepts[*member].insert(said).second && has_quorum(sealers, accepts))
    note_chosen(line_of(sealers.hash()), content.getPosition(), value);
}

/// Each line of generations has values of its own.
std::string gate_world::line_of(const digest& generation) const {
  auto found = generations_.find(generation);
  return found == generations_.end() ? "unknown" : std::string{view_of(found->second->content().getLine())};
}

std::string gate_world::line_of(const proposed_value& value) const {
  return line_of(digest_of(value.content->getGeneration()));
}

/// Whether some of these accepts count together: tries all ways to take one of each member or none.
bool gate_world::has_quorum(const generation& sealers, const std::map<rank, std::set<told_accept>>& accepts) const {
  if (accepts.size() < sealers.quorum())
    return false;
  std::vector<std::pair<rank, const told_accept*>> taken;
  auto fits = [&](rank member, const told_accept& next) {
    auto knows_newer = [&](const told_accept& one, rank of, const told_accept& other) {
      auto known = one.starts.find(sealers.node(of));
      return known != one.starts.end() && known->second > other.start;
    };
    return std::ranges::none_of(taken, [&](const auto& each) {
      return knows_newer(*each.second, member, next) || knows_newer(next, each.first, *each.second);
    });
  };
  auto search = [&](auto& self, std::map<rank, std::set<told_accept>>::const_iterator at) -> bool {
    if (taken.size() >= sealers.quorum())
      return true;
    if (at == accepts.end())
      return false;
    auto next = std::next(at);
    for (const auto& each : at->second)
      if (fits(at->first, each)) {
        taken.emplace_back(at->first, &each);
        bool found = self(self, next);
        taken.pop_back();
        if (found)
          return true;
      }
    return self(self, next);
  };
  return search(search, accepts.begin());
}

void gate_world::note_chosen(const std::string& line, uint64_t position, const digest& hash) {
  auto [known, is_new] = chosen_.emplace(std::pair{line, position}, hash);
  if (known->second != hash) {
    violate("I1: two values at position " + std::to_string(position) + ": " + short_text(known->second) + " and " +
            short_text(hash));
    return;
  }
  auto value = values_.find(hash);
  if (!is_new)
    return;
  if (value == values_.end())
    violate("I1: a value is sealed that nobody proposed");
  else
    check_chosen(*value->second);
}

// -- I2, I3, I4, I6: what a sealed value stands on --------------------------------------------------

/// Null when there is none; whether the value is the first one of a line that began later.
const proposed_value* gate_world::value_before(const proposed_value& value, bool& is_first_of_line) {
  auto line = line_of(value);
  auto position = value.content->getPosition();
  if (auto begun = lines_.find(line); begun != lines_.end() && begun->second.position + 1 == position) {
    is_first_of_line = true;
    return values_[begun->second.chain].get();
  }
  auto found = chosen_.find({line, position - 1});
  return found == chosen_.end() ? nullptr : values_[found->second].get();
}

void gate_world::check_chosen(const proposed_value& value) {
  auto content = *value.content;
  auto position = content.getPosition();
  ++counts_.sealed[content.getKind()];
  if (value.members)
    generations_[value.members->hash()] = value.members;
  bool is_first_of_line = false;
  const auto* before = value_before(value, is_first_of_line);
  if (position > 1 && !before) {
    violate("I6: position " + std::to_string(position) + " is sealed before the one before it");
    return;
  }
  if (before && !is_same(content.getChain(), before->hash))
    violate("I6: the value at position " + std::to_string(position) + " does not follow the one before it");
  // What the line before left open is dropped.
  auto last = before && !is_first_of_line ? std::optional{before->content->getKind()} : std::nullopt;
  if (!may_follow(last, content.getKind()))
    violate("I6: a value of kind " + std::to_string(static_cast<int>(content.getKind())) + " at position " +
            std::to_string(position) + " follows one of kind " + std::to_string(last ? static_cast<int>(*last) : -1));
  bool goes_on = content.getKind() != kind::OPEN && content.getKind() != kind::MEMBERS;
  if (goes_on && (!before || !before->what || before->what->id() != value.what->id()))
    violate("I6: a verdict on what was not opened");
  if (content.getKind() == kind::APPROVED)
    check_votes(value, 0, true);
  else if (content.getKind() == kind::GO || content.getKind() == kind::COMPLETE)
    check_votes(value, before->content->getStage(), true);
  else if (content.getKind() == kind::REJECTED)
    check_votes(value, 0, false);
  else if (content.getKind() == kind::ABORTED &&
           std::ranges::none_of(stops_, [&](const auto& each) { return each.first == value.what->id(); }))
    violate("I4: aborted, and nobody asked to stop");
}

/// I2: the policy's safe votes of distinct members were signed. I3: so many regressed ones that it is impossible.
void gate_world::check_votes(const proposed_value& value, uint8_t stage, bool wants_safe) {
  auto body = value.what->body();
  uint64_t total = 0;
  uint64_t sum = 0;
  for (auto member : body.getElectorate()) {
    uint64_t weight = body.getPolicy() == wire::GatePolicy::WEIGHTED ? member.getWeight() : 1;
    total += weight;
    auto signed_votes = votes_.find({value.what->id(), stage, node_id{std::string{as_view(member.getNode())}}});
    auto wanted = wants_safe ? wire::Verdict::SAFE : wire::Verdict::REGRESSED;
    if (signed_votes != votes_.end() && signed_votes->second.contains(wanted))
      sum += weight;
  }
  auto need = body.getPolicy() == wire::GatePolicy::ALL ? total : total / 2 + 1;
  if (wants_safe && sum < need)
    violate("I2: approved with " + std::to_string(sum) + " of " + std::to_string(need));
  if (!wants_safe && total - sum >= need)
    violate("I3: rejected although approval was possible");
}

void gate_world::check_decided(node& at, const sealed_value& what) {
  auto position = what.value->content->getPosition();
  auto known = chosen_.find({line_of(*what.value), position});
  if (known == chosen_.end())
    violate("I8: " + at.id.value + " takes a value for sealed that no quorum has accepted");
  else if (known->second != what.value->hash)
    violate("I1: " + at.id.value + " takes another value for sealed at position " + std::to_string(position));
  auto log = at.stored.own.find({slot_type::log, 0});
  if (log == at.stored.own.end() || log->second->log().newest.value->content->getPosition() < position)
    violate("I11: " + at.id.value + " shows a decision that is not on its disk");
}

// -- I7 ---------------------------------------------------------------------------------------------

void gate_world::check_hook(node& at, const outputs::start_hook& what) {
  ++counts_.hooks;
  auto run = at.stored.own.find({slot_type::run, 0});
  if (run == at.stored.own.end() || run->second->run()->getStep() != wire::GateRunStep::INTENDED ||
      !is_same(run->second->run()->getProposal(), what.what->id()) || run->second->run()->getAction() != what.action)
    violate("I11: " + at.id.value + " starts a hook, and its intention is not on its disk");
  if (++tokens_[{at.id, what.token}] > 1 || ++runs_[{at.id, what.what->id(), what.action}] > 1)
    violate("I7: " + at.id.value + " starts a hook twice");
  if (what.action == wire::GateAction::DEPLOY && runs_.contains({at.id, what.what->id(), wire::GateAction::ROLLBACK}))
    violate("I7: " + at.id.value + " deploys after its rollback began");
  at.hooks.push_back(what);
}

// -- I9 -----------------------------------------------------------------------------------------------

void gate_world::check_quiet() {
  if (weather_ == weather::lying_acceptor || weather_ == weather::lying_owner || weather_ == weather::lies_beyond_slack)
    return; // liars may block rounds
  std::vector<const node*> members;
  for (const auto& each : nodes_)
    if (is_survivor(each))
      members.push_back(&each);
  check_quiet_of(members);
}

void gate_world::check_quiet_of(const std::vector<const node*>& members) {
  if (!is_still())
    violate("I9: it does not come to rest");
  const auto& first = members.front()->core->at(0);
  for (const auto* member : members) {
    const auto& each = *member;
    const auto& track = each.core->at(0);
    if (track.sealers().hash() != first.sealers().hash())
      violate("I9: " + each.id.value + " has other sealers than the others");
    if (track.state().chain() != first.state().chain())
      violate("I9: " + each.id.value + " is at position " + std::to_string(track.state().position()) + ", others at " +
              std::to_string(first.state().position()));
    if (track.sealers().rank_of(each.id) && !track.is_admitted())
      violate("I9: " + each.id.value + " is not admitted");
  }
  const auto& state = first.state();
  if (auto counted = first.count(); counted && counted->result != tally_result::held)
    violate("I9: a verdict follows from the votes and is not sealed");
  for (const auto& [asker, ask] : first.asks()) {
    if (std::ranges::find(nodes_, asker, &gate_world::node::id)->is_liar)
      continue;
    if (state.now() == phase::idle && why_refused(state, first.sealers(), *ask).empty())
      violate("I9: a proposal can be opened and is not");
    bool is_stop = ask->ask().message->hasStop() && state.now() == phase::judging &&
                   is_same(ask->ask().message->getStop().getProposal(), state.what()->id());
    if (is_stop && first.sealers().rank_of(asker))
      violate("I9: a stop is asked for and not sealed");
  }
}

} // namespace hive::gate::testing
