#pragma once

#include "actors/upgrade/decision/decision_document.hpp"
#include "actors/upgrade/gate/gate_core.hpp"
#include "platform/identity/keys.hpp"

namespace hive::test {

struct proposal_plan {
  std::string nonce = "1";
  wire::GatePolicy policy = wire::GatePolicy::ALL;
  wire::Policy judge = wire::Policy::STRICT;
  std::vector<uint16_t> shares = {400};
};

/// Nodes with real keys, the same in each run, that hear all that the others tell at once. Whatever they decide has
/// real signatures.
class decided_hive {
public:
  /// The first `members` of the nodes are the first generation.
  decided_hive(size_t nodes, size_t members, uint8_t slack = 0);

  // what operators, judges and hooks do; each ends when nothing follows any more
  gate::digest propose(size_t at, const proposal_plan& what = {});
  void vote(size_t at, const gate::digest& proposal, wire::Verdict verdict, uint8_t stage = 0,
            const std::string& judgement = {});
  /// All members of the present generation vote alike.
  void vote_all(const gate::digest& proposal, wire::Verdict verdict, uint8_t stage = 0);
  void stop(size_t at, const gate::digest& proposal);
  void change_members(size_t at, const std::vector<size_t>& who);
  void end_hooks();

  /// What a document of the proposal is made of, without judgements.
  decision_parts parts_of(const gate::digest& proposal) const;

  const node_id& id(size_t which) const {
    return nodes_[which].id;
  }
  const gate::generation_ptr& first() const {
    return first_;
  }
  /// A statement of the node, which its core does not know of.
  gate::statement_ptr sign(size_t by, gate::slot_type type, const std::string& payload, uint8_t track = 0);
  /// The value with accepts of a quorum of the first generation, as if these members had conspired.
  gate::sealed_value conspire(const gate::value_ptr& value);

private:
  struct node {
    node_id id;
    key_pair keys;
    uint64_t version = 0;
    std::unique_ptr<gate::gate_core> core;
    gate::statements told;
    std::vector<gate::outputs::start_hook> hooks;
    std::vector<gate::sealed_value> decided;
  };

  void step(node& which, const gate::event& what);
  void talk();
  void settle();
  size_t index_of(const node_id& which) const;

  std::vector<node> nodes_; ///< by id
  gate::generation_ptr first_;
  gate::instant now_{0};
};

} // namespace hive::test
