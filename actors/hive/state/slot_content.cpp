#include "actors/hive/state/slot_content.hpp"

#include "messages/packed.hpp"

namespace hive {

caf::expected<msg<wire::NodeCard>> card_of(const slot& what) {
  return from_packed<wire::NodeCard>(what.payload);
}

caf::expected<msg<wire::NodeLoad>> load_of(const slot& what) {
  return from_packed<wire::NodeLoad>(what.payload);
}

} // namespace hive
