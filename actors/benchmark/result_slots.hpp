#pragma once

#include "actors/slot_topic.hpp"
#include "messages/hive.capnp.h"
#include "messages/packed.hpp"
#include "messages/snapshot.capnp.h"

#include <map>
#include <string>
#include <string_view>

namespace hive {

/// The topic of the newest results, one slot per adapter. There may be any number of them and they matter least to the
/// others, so they give way. The content of a slot is a msg<wire::SharedResults>.
inline constexpr slot_kind latest_results_kind{2};
slot_rules latest_results_rules();

/// Payloads of the newest results by adapter. Metrics whose name starts with no adapter that can be a slot's key, and
/// those without a value, are left out; of an adapter whose metrics do not fit one slot the first ones stay, with the
/// number of the others.
std::map<std::string, std::string> to_result_slots(wire::LatestResults::Reader results);

/// What a payload says; ec::malformed or ec::invalid.
caf::expected<msg<wire::SharedResults>> from_result_slot(std::string_view payload);

} // namespace hive
