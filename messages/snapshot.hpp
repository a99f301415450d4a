#pragma once

#include "messages/snapshot.capnp.h"

#include <string_view>

namespace hive {

/// The metric's `name` without the adapter's prefix. A view into the message.
std::string_view bare_name(wire::Metric::Reader metric);

/// The number of adapters that failed in this capture.
uint32_t count_errors(wire::Snapshot::Reader snapshot);

} // namespace hive
