#pragma once

#include "actors/slot_topic.hpp"
#include "messages/hive.capnp.h"
#include "messages/packed.hpp"
#include "messages/snapshot.capnp.h"

#include <map>
#include <string>
#include <string_view>

namespace hive {

/// The topic of the newest results, with one slot per adapter. The number of these slots is unbounded and other nodes
/// need them least, so they yield to other topics. A slot's content is a msg<wire::SharedResults>.
inline constexpr slot_kind latest_results_kind{2};
slot_rules latest_results_rules();

/// Payloads of the newest results, by adapter. Omits metrics without a value, and metrics whose adapter name cannot be
/// a slot key. If an adapter's metrics do not fit one slot, the slot has the first ones and the number of metrics left
/// out.
std::map<std::string, std::string> to_result_slots(wire::LatestResults::Reader results);

/// Decodes a payload. ec::malformed or ec::invalid.
caf::expected<msg<wire::SharedResults>> from_result_slot(std::string_view payload);

} // namespace hive
