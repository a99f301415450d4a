#pragma once

#include "actors/slot_topic.hpp"

namespace hive {

/// The topic of how busy the nodes are: one slot a node, a wire::NodeLoad.
inline constexpr slot_kind load_kind{5};
slot_rules load_rules();

/// So many actors of agent engines live on this node.
publish_slots load_to_publish(uint32_t spawned);

} // namespace hive
