#pragma once

#include "actors/upgrade/gate/generation.hpp"

namespace hive::gate {

class proposal;
using proposal_ptr = std::shared_ptr<const proposal>;

/// The checked body of a proposal. Its hash is the proposal's id.
class proposal {
public:
  /// From the canonical bytes of a GateProposal. Fails with ec::malformed or ec::invalid.
  static caf::expected<proposal_ptr> from(capnp::Data::Reader bytes);

  const digest& id() const {
    return id_;
  }
  const wire::GateProposal::Reader& body() const {
    return *body_;
  }
  std::string_view bytes() const {
    return body_.bytes();
  }
  size_t size() const {
    return nodes_.size();
  }
  const node_id& node(rank which) const {
    return nodes_[which];
  }
  std::optional<rank> rank_of(const node_id& node) const;
  size_t stages() const {
    return body_->getStages().size();
  }

  /// Who deploys in a stage, from 1, in the order of their ranks. A stage has all canaries of the stage before. One
  /// member at least is left to compare with, except in an electorate of one.
  std::vector<rank> canaries(size_t stage) const;

  /// ec::invalid when it cannot be decided by these sealers: its electorate must be among them, and it must be meant
  /// for their line.
  caf::error check(const generation& sealers) const;

private:
  explicit proposal(msg<wire::GateProposal> body) : body_{std::move(body)} {
  }
  std::vector<rank> order() const;

  msg<wire::GateProposal> body_;
  digest id_{};
  std::vector<node_id> nodes_;
};

/// What a node knows a hook run by: it is the same for all tries, and for no other hook.
digest hook_token(uint8_t track, const digest& proposal, uint64_t position, wire::GateAction action,
                  const node_id& node);

} // namespace hive::gate
