#pragma once

#include "actors/slot_topic.hpp"

namespace hive {

/// Topic of the nodes' load: one slot per node, which contains a wire::NodeLoad.
inline constexpr slot_kind load_kind{5};
slot_rules load_rules();

/// The slot for this number of spawned actors on this node.
publish_slots load_to_publish(uint32_t spawned);

} // namespace hive
