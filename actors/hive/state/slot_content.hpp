#pragma once

#include "actors/hive/state/slot.hpp"
#include "messages/msg.hpp"

namespace hive {

/// The card in a slot of that kind. ec::malformed.
caf::expected<msg<wire::NodeCard>> card_of(const slot& what);

/// The load in a slot of that kind. ec::malformed.
caf::expected<msg<wire::NodeLoad>> load_of(const slot& what);

} // namespace hive
