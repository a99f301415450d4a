#include "actors/upgrade/gate/contradiction.hpp"

#include <tuple>

namespace hive::gate {
namespace {

bool is_same_data(capnp::Data::Reader one, capnp::Data::Reader other) {
  return view_of(one) == view_of(other);
}

bool do_votes(const statement& one, const statement& other) {
  auto a = *one.vote();
  auto b = *other.vote();
  bool is_one_ballot = is_same_data(a.getProposal(), b.getProposal()) && a.getStage() == b.getStage() &&
                       a.getStart() == b.getStart() && a.getAttempt() == b.getAttempt();
  return is_one_ballot && (a.getVerdict() != b.getVerdict() || !is_same_data(a.getInputsHash(), b.getInputsHash()) ||
                           !is_same_data(a.getEnvironmentHash(), b.getEnvironmentHash()) ||
                           as_view(a.getAlgorithmVersion()) != as_view(b.getAlgorithmVersion()) ||
                           a.getJudgedFast() != b.getJudgedFast() || a.getJudgedHeavy() != b.getJudgedHeavy());
}

round accepted_round(wire::GateSeal::Reader seal) {
  return seal.hasAccepted() ? round_of(seal.getAccepted().getRound()) : round{};
}

/// `later` was written after `earlier`, and takes back what that said.
bool does_seal(const statement& earlier, const statement& later) {
  auto before = *earlier.seal();
  auto after = *later.seal();
  if (!is_same_data(before.getGeneration(), after.getGeneration()))
    return false; // positions of another line have other numbers
  if (before.getPosition() != after.getPosition())
    return after.getPosition() < before.getPosition();
  if (round_of(after.getPromised()) < round_of(before.getPromised()))
    return true;
  if (!before.hasAccepted())
    return false;
  if (!after.hasAccepted() || accepted_round(after) < accepted_round(before))
    return true;
  return accepted_round(after) == accepted_round(before) &&
         !is_same_data(before.getAccepted().getValueHash(), after.getAccepted().getValueHash());
}

bool do_leads(const statement& one, const statement& other) {
  auto a = *one.lead();
  auto b = *other.lead();
  bool is_one_round = a.getPosition() == b.getPosition() && is_same_data(a.getGeneration(), b.getGeneration()) &&
                      round_of(a.getRound()) == round_of(b.getRound());
  bool both_propose = a.getStep() == wire::GateStep::PROPOSES && b.getStep() == wire::GateStep::PROPOSES;
  return is_one_round && both_propose && !is_same_data(a.getValueHash(), b.getValueHash());
}

bool does_run(const statement& earlier, const statement& later) {
  auto before = *earlier.run();
  auto after = *later.run();
  if (after.getSequence() != before.getSequence())
    return after.getSequence() < before.getSequence();
  bool is_other = !is_same_data(before.getProposal(), after.getProposal()) || before.getAction() != after.getAction() ||
                  before.getPosition() != after.getPosition();
  bool was_over = before.getStep() != wire::GateRunStep::INTENDED;
  return is_other || (was_over && before.getStep() != after.getStep());
}

} // namespace

bool is_contradiction(const statement& one, const statement& other) {
  auto name = [](const statement& each) { return std::tie(each.origin, each.type, each.track, each.epoch); };
  if (name(one) != name(other))
    return false;
  if (one.version == other.version)
    return one.payload() != other.payload();
  const auto& earlier = one.version < other.version ? one : other;
  const auto& later = one.version < other.version ? other : one;
  switch (one.type) {
  case slot_type::vote:
    return do_votes(earlier, later);
  case slot_type::seal:
    return does_seal(earlier, later);
  case slot_type::lead:
    return do_leads(earlier, later);
  case slot_type::run:
    return does_run(earlier, later);
  default:
    return false;
  }
}

} // namespace hive::gate
