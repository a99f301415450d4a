#pragma once

#include "actors/hive/state/slot.hpp"

#include <caf/error.hpp>

namespace hive {

/// The payload_check of a node: what the tracker, the benchmarks and placement say of the payloads that they share.
caf::error check_payload(const slot& what);

} // namespace hive
