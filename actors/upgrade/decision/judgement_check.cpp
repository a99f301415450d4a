#include "actors/upgrade/decision/judgement_check.hpp"

#include "actors/upgrade/verdict/document_verification.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "messages/canonical_json.hpp"

namespace hive {
namespace {

using verdict = wire::Verdict;

std::string name_of_vote(const sealed_vote& each) {
  auto stage = each.vote->vote()->getStage();
  return each.place + " of " + each.vote->origin.value + (stage > 0 ? ", stage " + std::to_string(stage) : "");
}

/// What contradicts the vote in the document by which it judged; empty: nothing.
std::string contradiction(wire::GateVote::Reader vote, wire::GateProposal::Reader proposal,
                          wire::VerdictDocument::Reader document) {
  auto query = document.getQuery();
  if (as_view(query.getOld()) != as_view(proposal.getFrom()) || as_view(query.getNew()) != as_view(proposal.getTo()))
    return "its verdict document is about other versions";
  if (query.getPolicy() != proposal.getJudge())
    return "its verdict document is by policy " + json_name(query.getPolicy()) + ", and the proposal wants " +
           json_name(proposal.getJudge());
  auto judged = document.getResult().getVerdict();
  // A member may trust a verdict less than its document does, and be inconclusive.
  if (vote.getVerdict() != verdict::INCONCLUSIVE && vote.getVerdict() != judged)
    return "it says " + json_name(vote.getVerdict()) + ", and its verdict document " + json_name(judged);
  return {};
}

void check_vote(const sealed_vote& each, wire::GateProposal::Reader proposal, const verification_inputs& inputs,
                findings& out) {
  auto leave_open = [&](const std::string& why) { out.unchecked.push_back(name_of_vote(each) + ": " + why); };
  auto fault = [&](const std::string& what) { out.faults.push_back(name_of_vote(each) + ": " + what); };
  if (each.judgement.empty())
    return leave_open("the vote names no verdict document");
  const auto* found = inputs.judgement(each.judgement);
  if (!found)
    return leave_open("its verdict document is not here, SHA-256 " + each.judgement);
  if (auto what = contradiction(*each.vote->vote(), proposal, *found->document()); !what.empty())
    return fault(what);
  if (auto missing = found->faults(); !missing.empty())
    return leave_open("its verdict cannot be computed again: " + missing.front() +
                      (missing.size() > 1 ? ", and " + std::to_string(missing.size() - 1) + " more" : ""));
  auto result = verify_document(to_canonical_json(found->document()), *found);
  for (auto what : result->getFaults())
    fault("its verdict document: " + std::string{as_view(what)});
}

/// Whether a member cast a vote in the stage by the document with this hash.
bool is_voted(const std::vector<sealed_vote>& votes, const member_judgement& judgement, const std::string& hash) {
  return std::ranges::any_of(votes, [&](const sealed_vote& each) {
    return each.vote->origin == judgement.node && each.vote->vote()->getStage() == judgement.stage &&
           each.judgement == hash;
  });
}

} // namespace

void check_judgements(const decision_parts& parts, const verification_inputs& inputs, findings& out) {
  auto votes = votes_of(parts.values);
  std::set<std::pair<node_id, uint8_t>> seen;
  for (size_t i = 0; i < parts.judgements.size(); ++i) {
    const auto& each = parts.judgements[i];
    auto place = "judgements[" + std::to_string(i) + "]: ";
    if (!is_voted(votes, each, hash_of(each.document)))
      out.faults.push_back(place + "no vote of " + each.node.value + " in stage " + std::to_string(each.stage) +
                           " has its hash");
    if (!seen.insert({each.node, each.stage}).second)
      out.faults.push_back(place + "there is another one of " + each.node.value);
  }
  const auto& what = parts.values.front().value->what;
  bool has_stages = false;
  for (const auto& each : votes) {
    bool is_on_stage = each.vote->vote()->getStage() > 0 && each.judgement.empty();
    has_stages = has_stages || is_on_stage;
    if (!is_on_stage)
      check_vote(each, what->body(), inputs, out);
  }
  if (has_stages)
    out.unchecked.push_back("votes on stages of the rollout: what the members counted there is in no document");
}

} // namespace hive
