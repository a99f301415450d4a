#pragma once

#include "actors/upgrade/gate/statement.hpp"

namespace hive::gate::testing {

/// Id of the node with this number. In their order.
node_id id_of(rank number);

/// A slot of that node, with a stand-in for its signature that nobody in a test makes for another node.
msg<wire::StoredSlot> sign(rank signer, slot_type type, const std::string& key, const std::string& payload,
                           uint64_t epoch, uint64_t version);

/// The verifier for `sign`.
std::optional<node_id> verify(wire::StoredSlot::Reader slot);

} // namespace hive::gate::testing
