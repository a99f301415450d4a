#include "actors/hive/slot_content.hpp"

#include "actors/hive/result_slots.hpp"
#include "actors/hive/tool_slots.hpp"
#include "messages/packed.hpp"

namespace hive {
namespace {

template <class T>
caf::error error_of(const caf::expected<T>& read) {
  return read ? caf::error{} : read.error();
}

} // namespace

caf::error check_content(const slot& what) {
  if (what.name.kind == slot_kind::card) {
    if (what.name.key != card_key)
      return fail(ec::invalid, "a card has the key " + what.name.key);
    return error_of(card_of(what));
  }
  if (what.payload.empty())
    return caf::none;
  switch (what.name.kind) {
  case slot_kind::tool_stats:
    return error_of(from_tool_slot(what.name.key, what.payload));
  case slot_kind::latest_results:
    return error_of(from_result_slot(what.payload));
  case slot_kind::load:
    return error_of(load_of(what));
  default:
    return caf::none;
  }
}

caf::expected<msg<wire::NodeCard>> card_of(const slot& what) {
  return from_packed<wire::NodeCard>(what.payload);
}

caf::expected<msg<wire::NodeLoad>> load_of(const slot& what) {
  return from_packed<wire::NodeLoad>(what.payload);
}

} // namespace hive
