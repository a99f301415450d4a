#include "actors/upgrade/decision/verification_inputs.hpp"

#include "actors/upgrade/decision/statement_signing.hpp"
#include "actors/upgrade/verdict/verdict_document.hpp"
#include "platform/hex.hpp"

namespace hive {
namespace {

std::string hash_in(const gate::statement& vote) {
  auto data = vote.vote()->getInputsHash();
  return to_hex(std::span{data.begin(), data.size()});
}

} // namespace

std::vector<sealed_vote> votes_of(std::span<const gate::sealed_value> values) {
  std::vector<sealed_vote> out;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& evidence = values[i].value->evidence;
    for (size_t k = 0; k < evidence.size(); ++k)
      if (evidence[k]->type == gate::slot_type::vote)
        out.push_back({evidence[k], "values[" + std::to_string(i) + "].evidence[" + std::to_string(k) + "]",
                       hash_in(*evidence[k])});
  }
  return out;
}

verification_inputs::verification_inputs(wire::DecisionDocument::Reader document) {
  auto decoded = decode_decision(document, verify_statement);
  for (const auto& each : votes_of(decoded.parts.values))
    if (!each.judgement.empty())
      wanted_.insert(each.judgement);
  for (const auto& each : decoded.parts.judgements)
    offer(each.document);
}

void verification_inputs::offer(const msg<wire::VerdictDocument>& judgement) {
  auto hash = hash_of(judgement);
  if (wanted_.contains(hash))
    judgements_.try_emplace(std::move(hash), judgement);
}

template <class T>
void verification_inputs::offer_to_all(const T& record) {
  for (auto& [hash, inputs] : judgements_)
    inputs.offer(record);
}

void verification_inputs::offer(const msg<wire::Snapshot>& snapshot) {
  offer_to_all(snapshot);
}

void verification_inputs::offer(const msg<wire::PairedMeasurement>& measurement) {
  offer_to_all(measurement);
}

void verification_inputs::offer(const msg<wire::MeasuredRound>& round) {
  offer_to_all(round);
}

const document_inputs* verification_inputs::judgement(const std::string& sha256) const {
  auto found = judgements_.find(sha256);
  return found == judgements_.end() ? nullptr : &found->second;
}

} // namespace hive
