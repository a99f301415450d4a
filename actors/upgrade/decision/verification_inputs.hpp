#pragma once

#include "actors/upgrade/decision/decision_document.hpp"
#include "actors/upgrade/verdict/document_inputs.hpp"

#include <map>
#include <set>

namespace hive {

/// What a decision document is verified with, beside itself. Pure: it is offered records, from wherever, and keeps
/// those that the document needs.
class verification_inputs {
public:
  /// Takes the judgements that are in the document. Those of others are offered before their measurements.
  explicit verification_inputs(wire::DecisionDocument::Reader document);

  /// The members that the one who verifies trusts: they must be the first ones.
  void trust(std::set<node_id> members) {
    trusted_ = std::move(members);
  }

  void offer(const msg<wire::VerdictDocument>& judgement);
  void offer(const msg<wire::Snapshot>& snapshot);
  void offer(const msg<wire::PairedMeasurement>& measurement);
  void offer(const msg<wire::MeasuredRound>& round);

  const std::optional<std::set<node_id>>& trusted() const {
    return trusted_;
  }
  /// The verdict document with this hash and what was offered of its inputs; null: it is not here.
  const document_inputs* judgement(const std::string& sha256) const;

private:
  template <class T>
  void offer_to_all(const T& record);

  std::optional<std::set<node_id>> trusted_;
  std::set<std::string> wanted_; ///< hashes of verdict documents, as the votes have them
  std::map<std::string, document_inputs> judgements_;
};

/// A vote in a sealed value, and where.
struct sealed_vote {
  gate::statement_ptr vote;
  std::string place;
  std::string judgement; ///< hash of the verdict document by which it judged; empty: none is named
};

/// All votes that are evidence of the values.
std::vector<sealed_vote> votes_of(std::span<const gate::sealed_value> values);

} // namespace hive
