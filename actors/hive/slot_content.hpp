#pragma once

#include "actors/hive/slot.hpp"
#include "messages/msg.hpp"

namespace hive {

/// Whether the payload says something possible for its kind: it can be read, its values are finite and in range, its
/// sums go together. Kinds that this node does not know pass. ec::malformed or ec::invalid, naming what is wrong.
caf::error check_content(const slot& what);

/// The card in a slot of that kind.
caf::expected<msg<wire::NodeCard>> card_of(const slot& what);

/// The load in a slot of that kind.
caf::expected<msg<wire::NodeLoad>> load_of(const slot& what);

} // namespace hive
