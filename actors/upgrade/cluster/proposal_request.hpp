#pragma once

#include "actors/upgrade/gate/proposal.hpp"
#include "messages/cluster_upgrade.capnp.h"

#include <caf/expected.hpp>

namespace hive {

/// What the operator's configuration gives to proposals that do not say it.
struct proposal_defaults {
  wire::GatePolicy policy = wire::GatePolicy::ALL;
  wire::Policy judge = wire::Policy::STATISTICAL;
  uint8_t heavy_votes = 0;
};

/// The proposal that the request asks for, to the members of `sealers`. `nonce` makes it another one than all with the
/// same content. ec::unsupported for nodes that are no members, ec::invalid for what can never be approved.
caf::expected<msg<wire::GateProposal>> to_proposal(wire::ProposeUpgrade::Reader request, uint8_t track,
                                                   const gate::generation& sealers, const proposal_defaults& defaults,
                                                   uint64_t nonce);

} // namespace hive
