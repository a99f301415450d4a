#pragma once

#include "messages/snapshot.capnp.h"

#include <string_view>

namespace hive {

/// The metric's bare name: its `name` in a snapshot without the adapter's prefix. A view into the message.
std::string_view bare_name(wire::Metric::Reader metric);

/// How many adapters of a capture failed.
uint32_t count_errors(wire::Snapshot::Reader snapshot);

} // namespace hive
