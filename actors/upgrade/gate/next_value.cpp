#include "actors/upgrade/gate/track_state.hpp"

// Which values may follow, by gate.md section 3: what an owner chooses, and what an acceptor accepts.

namespace hive::gate {
namespace {

using kind = wire::GateValueKind;

caf::error breaks(const std::string& rule) {
  return fail(ec::invalid, "the value does not follow: " + rule);
}

// -- evidence, each kind a predicate over one slot ---------------------------------

bool is_about(capnp::Data::Reader proposal, const proposal_ptr& what) {
  return what && is_same(proposal, what->id());
}

std::string proposer_of(const track_state& now) {
  return now.newest() ? std::string{as_view(now.newest()->content->getProposer())} : std::string{};
}

/// A request to stop the open proposal, by a sealer or by the node that asked for it.
bool is_stop(const track_state& now, const generation& sealers, const statement& ask) {
  if (ask.type != slot_type::ask || ask.track != now.track() || !ask.ask().message->hasStop())
    return false;
  auto stop = ask.ask().message->getStop();
  bool may_stop = sealers.rank_of(ask.origin) || ask.origin.value == proposer_of(now);
  bool is_too_late = stop.getOnlyPending() && now.now() != phase::judging;
  return may_stop && is_about(stop.getProposal(), now.what()) && !is_too_late;
}

/// The vote of a canary that its own stage has regressed.
bool is_canary_alarm(const track_state& now, const statement& vote) {
  if (vote.type != slot_type::vote || vote.track != now.track())
    return false;
  auto content = *vote.vote();
  return is_about(content.getProposal(), now.what()) && content.getStage() == now.stage() &&
         content.getVerdict() == wire::Verdict::REGRESSED && now.is_canary(vote.origin);
}

/// A run slot that says that nothing of the proposal is deployed on its node any more.
bool is_back(const track_state& now, const statement& run) {
  if (run.type != slot_type::run || run.track != now.track())
    return false;
  auto content = *run.run();
  bool is_over = content.getStep() == wire::GateRunStep::ENDED || content.getStep() == wire::GateRunStep::SKIPPED;
  return is_about(content.getProposal(), now.what()) && content.getAction() == wire::GateAction::ROLLBACK && is_over;
}

/// Canaries whose rollback is neither shown by a run slot nor given up by a stop.
std::vector<node_id> still_back(const track_state& now, const generation& sealers, const statements& evidence) {
  auto left = now.canaries();
  for (const auto& each : evidence) {
    if (is_back(now, *each))
      std::erase(left, each->origin);
    else if (is_stop(now, sealers, *each))
      for (auto node : each->ask().message->getStop().getUnknown())
        std::erase(left, node_id{std::string{as_view(node)}});
  }
  return left;
}

bool gives_up_one_of(const std::vector<node_id>& left, const statement& stop) {
  for (auto node : stop.ask().message->getStop().getUnknown())
    if (std::ranges::find(left, node_id{std::string{as_view(node)}}) != left.end())
      return true;
  return false;
}

/// Why the ask cannot be opened; empty when it can.
std::string why_not_open(const track_state& now, const generation& sealers, const statement& ask) {
  if (ask.type != slot_type::ask || ask.track != now.track() || !ask.ask().propose)
    return "it asks for no proposal";
  const auto& what = *ask.ask().propose;
  auto seen = ask.ask().message->getPropose().getSeenPosition();
  if (now.was_opened(what.id()))
    return "it was opened before";
  if (seen > now.position() || seen + recent_positions < now.position() + 1)
    return "the ask saw position " + std::to_string(seen) + ", too far from " + std::to_string(now.position());
  if (!ask.ask().message->getPropose().getQueue() && seen != now.position())
    return "something else was sealed since it was asked for, and it is not to be queued";
  auto error = what.check(sealers);
  return error ? text_of(error) : std::string{};
}

bool is_next_generation(const track_state& now, const generation& sealers, const statement& ask) {
  if (ask.type != slot_type::ask || ask.track != now.track() || !ask.ask().members || !sealers.rank_of(ask.origin))
    return false;
  auto next = ask.ask().members->content();
  return next.getNumber() == sealers.number() + 1 && is_same(next.getPrevious(), sealers.hash()) &&
         view_of(next.getLine()) == view_of(sealers.content().getLine()) &&
         as_view(next.getTrack()) == as_view(sealers.content().getTrack());
}

// -- the owner's choice --------------------------------------------------------------

statements list_of(const std::map<node_id, statement_ptr>& slots) {
  statements out;
  for (const auto& [node, slot] : slots)
    out.push_back(slot);
  return out;
}

choice going_on(const track_state& now, kind next, uint8_t stage, statements evidence) {
  return {next, now.what(), {proposer_of(now)}, stage, nullptr, std::move(evidence)};
}

std::optional<choice> choose_at_idle(const track_state& now, const generation& sealers, const knowledge& known) {
  for (const auto& [node, ask] : known.asks)
    if (is_next_generation(now, sealers, *ask))
      return choice{kind::MEMBERS, nullptr, {}, 0, ask->ask().members, {ask}};
  const statement* best = nullptr;
  statement_ptr chosen;
  auto order_of = [](const statement& ask) {
    return std::pair{ask.ask().message->getPropose().getSeenPosition(), ask.ask().propose->id()};
  };
  for (const auto& [node, ask] : known.asks) {
    if (known.quarantined.contains(node) || !why_not_open(now, sealers, *ask).empty())
      continue;
    if (!best || order_of(*ask) < order_of(*best)) {
      best = ask.get();
      chosen = ask;
    }
  }
  if (!chosen)
    return std::nullopt;
  return choice{kind::OPEN, chosen->ask().propose, chosen->origin, 0, nullptr, {chosen}};
}

std::optional<choice> choose_verdict(const track_state& now, const generation& sealers, const knowledge& known) {
  if (auto stop = find_stop(now, sealers, known))
    return going_on(now, kind::ABORTED, 0, {stop});
  auto counted = count_votes(*now.what(), 0, list_of(known.votes), known.quarantined);
  if (counted.result == tally_result::impossible)
    return going_on(now, kind::REJECTED, 0, counted.votes());
  if (counted.result == tally_result::satisfied)
    return going_on(now, kind::APPROVED, 1, counted.votes());
  return std::nullopt;
}

std::optional<choice> choose_in_stage(const track_state& now, const generation& sealers, const knowledge& known) {
  if (auto stop = find_stop(now, sealers, known))
    return going_on(now, kind::BACK, now.stage(), {stop});
  for (const auto& [node, vote] : known.votes)
    if (!known.quarantined.contains(node) && is_canary_alarm(now, *vote))
      return going_on(now, kind::BACK, now.stage(), {vote});
  auto counted = count_votes(*now.what(), now.stage(), list_of(known.votes), known.quarantined);
  if (counted.result == tally_result::impossible)
    return going_on(now, kind::BACK, now.stage(), counted.votes());
  if (counted.result != tally_result::satisfied)
    return std::nullopt;
  if (now.stage() < now.what()->stages())
    return going_on(now, kind::GO, static_cast<uint8_t>(now.stage() + 1), counted.votes());
  return going_on(now, kind::COMPLETE, now.stage(), counted.votes());
}

std::optional<choice> choose_end(const track_state& now, const generation& sealers, const knowledge& known) {
  statements evidence;
  for (const auto& [node, run] : known.runs)
    if (now.is_canary(node) && is_back(now, *run))
      evidence.push_back(run);
  // A stop gives up the nodes that it names, whoever else has asked to stop.
  for (const auto& [node, ask] : known.asks)
    if (is_stop(now, sealers, *ask) && gives_up_one_of(still_back(now, sealers, evidence), *ask))
      evidence.push_back(ask);
  if (!still_back(now, sealers, evidence).empty())
    return std::nullopt;
  return going_on(now, kind::CLOSED, now.stage(), std::move(evidence));
}

// -- the acceptor's check -------------------------------------------------------------

caf::error check_votes(const track_state& now, uint8_t stage, const statements& evidence,
                       const quarantine_set& quarantined, tally_result wanted) {
  for (const auto& each : evidence)
    if (each->type == slot_type::vote && quarantined.contains(each->origin))
      return breaks("the vote of " + each->origin.value + ", which is in quarantine, is in it");
  auto counted = count_votes(*now.what(), stage, evidence, quarantined);
  if (counted.result != wanted)
    return breaks("its votes do not give it: " + counted.why);
  return {};
}

bool has_stop(const track_state& now, const generation& sealers, const statements& evidence) {
  return std::ranges::any_of(evidence, [&](const auto& each) { return is_stop(now, sealers, *each); });
}

caf::error check_back(const track_state& now, const generation& sealers, const statements& evidence,
                      const quarantine_set& quarantined) {
  bool is_alarm = std::ranges::any_of(
    evidence, [&](const auto& each) { return is_canary_alarm(now, *each) && !quarantined.contains(each->origin); });
  if (has_stop(now, sealers, evidence) || is_alarm)
    return {};
  return check_votes(now, now.stage(), evidence, quarantined, tally_result::impossible);
}

/// Whether the value is one of these kinds at this time, and which choice it stands for.
caf::expected<choice> choice_at_idle(const track_state& now, const generation& sealers, const proposed_value& value) {
  auto content = *value.content;
  if (value.evidence.size() != 1)
    return breaks("it needs one ask");
  const auto& ask = value.evidence.front();
  if (content.getKind() == kind::MEMBERS) {
    if (!is_next_generation(now, sealers, *ask) || ask->ask().members->hash() != value.members->hash())
      return breaks("no sealer asks for these members");
    return choice{kind::MEMBERS, nullptr, {}, 0, value.members, value.evidence};
  }
  if (content.getKind() != kind::OPEN)
    return breaks("no proposal is open");
  if (auto why = why_not_open(now, sealers, *ask); !why.empty())
    return breaks(why);
  if (ask->ask().propose->id() != value.what->id())
    return breaks("the ask is for another proposal");
  return choice{kind::OPEN, value.what, ask->origin, 0, nullptr, value.evidence};
}

caf::expected<uint8_t> next_stage(const track_state& now, kind wanted) {
  switch (wanted) {
  case kind::ABORTED:
  case kind::REJECTED:
    if (now.now() == phase::judging)
      return uint8_t{0};
    break;
  case kind::APPROVED:
    if (now.now() == phase::judging)
      return uint8_t{1};
    break;
  case kind::GO:
    if (now.now() == phase::stage && now.stage() < now.what()->stages())
      return static_cast<uint8_t>(now.stage() + 1);
    break;
  case kind::COMPLETE:
    if (now.now() == phase::stage && now.stage() == now.what()->stages())
      return now.stage();
    break;
  case kind::BACK:
    if (now.now() == phase::stage)
      return now.stage();
    break;
  case kind::CLOSED:
    if (now.now() == phase::going_back)
      return now.stage();
    break;
  default:
    break;
  }
  return breaks("it has no place in this state of the track");
}

caf::error check_evidence(const track_state& now, const generation& sealers, const proposed_value& value,
                          const quarantine_set& quarantined) {
  switch (value.content->getKind()) {
  case kind::ABORTED:
    return has_stop(now, sealers, value.evidence) ? caf::error{} : breaks("nobody who may has asked to stop");
  case kind::REJECTED:
    return check_votes(now, 0, value.evidence, quarantined, tally_result::impossible);
  case kind::APPROVED:
    return check_votes(now, 0, value.evidence, quarantined, tally_result::satisfied);
  case kind::GO:
  case kind::COMPLETE:
    return check_votes(now, now.stage(), value.evidence, quarantined, tally_result::satisfied);
  case kind::BACK:
    return check_back(now, sealers, value.evidence, quarantined);
  case kind::CLOSED: {
    auto left = still_back(now, sealers, value.evidence);
    return left.empty() ? caf::error{} : breaks(left.front().value + " has not rolled back");
  }
  default:
    return breaks("unknown kind");
  }
}

caf::expected<choice> choice_of(const track_state& now, const generation& sealers, const proposed_value& value,
                                const quarantine_set& quarantined) {
  auto wanted = value.content->getKind();
  if (wanted == kind::OPEN || wanted == kind::MEMBERS) {
    if (now.now() != phase::idle)
      return breaks("a proposal is open");
    return choice_at_idle(now, sealers, value);
  }
  auto stage = next_stage(now, wanted);
  if (!stage)
    return stage.error();
  if (value.what->id() != now.what()->id())
    return breaks("another proposal is open");
  if (auto error = check_evidence(now, sealers, value, quarantined))
    return error;
  return going_on(now, wanted, *stage, value.evidence);
}

} // namespace

std::optional<choice> choose(const track_state& now, const generation& sealers, const knowledge& known) {
  switch (now.now()) {
  case phase::idle:
    return choose_at_idle(now, sealers, known);
  case phase::judging:
    return choose_verdict(now, sealers, known);
  case phase::stage:
    return choose_in_stage(now, sealers, known);
  case phase::going_back:
    return choose_end(now, sealers, known);
  }
  return std::nullopt;
}

caf::error check_follows(const track_state& now, const generation& sealers, const proposed_value& value,
                         const quarantine_set& quarantined) {
  auto meant = choice_of(now, sealers, value, quarantined);
  if (!meant)
    return meant.error();
  // Everything else in the value must be as it follows: position, chain, canaries, what was opened.
  if (make_value(now, sealers, *meant, value.content->getFirst())->hash != value.hash)
    return breaks("one of its fields is not what it must be at position " + std::to_string(now.position() + 1));
  return {};
}

statement_ptr find_stop(const track_state& now, const generation& sealers, const knowledge& known) {
  for (const auto& [node, ask] : known.asks)
    if (is_stop(now, sealers, *ask))
      return ask;
  return nullptr;
}

std::string why_refused(const track_state& now, const generation& sealers, const statement& ask) {
  return why_not_open(now, sealers, ask);
}

} // namespace hive::gate
