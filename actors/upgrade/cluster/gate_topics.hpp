#pragma once

#include "actors/slot_topic.hpp"
#include "actors/upgrade/gate/statement.hpp"

#include <array>
#include <string>
#include <vector>

namespace hive {

/// Kinds of slots by which the gate's statements travel, in the order in which a node tells them.
inline constexpr std::array gate_slot_types{gate::slot_type::start, gate::slot_type::ask,  gate::slot_type::vote,
                                            gate::slot_type::value, gate::slot_type::lead, gate::slot_type::seal,
                                            gate::slot_type::log,   gate::slot_type::run};

/// The topics of all kinds of statements, in the order of gate_slot_types. A slot's payload is a statement with its own
/// signature, its content a gate::statement_ptr: so statements can be signed and embedded in each other without the
/// federation. The topics share a memory of what they decoded, so they are for one federation.
std::vector<slot_rules> gate_rules();

inline slot_kind kind_of(gate::slot_type type) {
  return static_cast<slot_kind>(type);
}

/// The payload of the slot with this statement.
std::string to_slot_payload(const gate::statement& what);

} // namespace hive
