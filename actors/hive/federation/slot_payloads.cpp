#include "actors/hive/federation/slot_payloads.hpp"

#include "actors/benchmark/result_slots.hpp"
#include "actors/hive/state/slot_content.hpp"
#include "actors/tracker/tool_slots.hpp"

namespace hive {
namespace {

template <class T>
caf::error error_of(const caf::expected<T>& read) {
  return read ? caf::error{} : read.error();
}

} // namespace

caf::error check_payload(const slot& what) {
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

} // namespace hive
