#pragma once

#include "actors/upgrade/gate/statement.hpp"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/verdict.capnp.h"

#include <span>

namespace hive {

/// What a member judged by.
struct member_judgement {
  node_id node;
  uint8_t stage = 0; ///< of its vote
  msg<wire::VerdictDocument> document;
};

/// What a decision document is made of.
struct decision_parts {
  gate::generation_ptr first;                  ///< of the track
  std::vector<gate::sealed_value> generations; ///< members values since, in order of position
  std::vector<gate::sealed_value> values;      ///< all of the proposal, in order of position
  std::vector<member_judgement> judgements;    ///< those at hand
};

/// What the sealed values of a proposal say of it.
struct decision_outcome {
  wire::UpgradeDecision decision = wire::UpgradeDecision::PENDING; ///< pending, approved, rejected or aborted
  std::string rollout;          ///< none, canary K/N (K of the N members), complete, rolling back or rolled back
  gate::value_ptr decided = {}; ///< the value that decided it; its hash is the decision hash. Null: none yet
};

/// `values` in order of position.
decision_outcome outcome_of(std::span<const gate::sealed_value> values);

/// The document; `to_canonical_json` gives the form that is kept, sent and verified. Members values above the
/// proposal's are left out, and so are judgements that do not fit. The same parts give the same bytes on every machine.
/// ec::no_data when nothing is sealed, or when a value is missing that the proof needs: another node may have it, since
/// one that was away learns the newest value alone. ec::too_large.
caf::expected<msg<wire::DecisionDocument>> make_decision_document(const decision_parts& parts);

/// Encodes parts as they are, also when they prove nothing. `parts` has a value at least. Fails with ec::too_large.
caf::expected<msg<wire::DecisionDocument>> encode_decision(const decision_parts& parts);

/// Whether the JSON object is meant as a decision document, whatever its state.
bool is_decision_document(std::string_view text);

/// Reads a document that may come from anywhere. ec::unsupported for another form than those that are known;
/// ec::malformed, ec::invalid or ec::too_large for one that is none.
caf::expected<msg<wire::DecisionDocument>> read_decision_document(std::string_view text);

/// What a document holds, decoded. Whether it proves anything is for decision_verification.hpp to say.
struct decoded_decision {
  decision_parts parts;
  std::vector<std::string> faults; ///< what cannot be decoded, and where; it is not in `parts`
};

decoded_decision decode_decision(wire::DecisionDocument::Reader document, const gate::slot_verifier& verify);

} // namespace hive
