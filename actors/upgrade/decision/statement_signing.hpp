#pragma once

#include "actors/upgrade/gate/gate_options.hpp"
#include "platform/identity/keys.hpp"

namespace hive {

/// Signs a statement of the gate. Signed are: the text "hivemark gate 1" and a zero byte, a prefix that nothing else
/// signed by Hivemark has, so that no statement passes for a slot of the hive, nor a slot for a statement; the 32
/// characters of the node id; kind (2 bytes), epoch and version (8 each), length of the key (2), all little-endian; the
/// key; the payload.
msg<wire::StoredSlot> sign_statement(const key_pair& keys, gate::slot_type type, const std::string& key,
                                     const std::string& payload, uint64_t epoch, uint64_t version);

/// The node that signed the statement; none when the signature is not in order. Fit for gate::gate_crypto.
std::optional<node_id> verify_statement(wire::StoredSlot::Reader statement);

} // namespace hive
