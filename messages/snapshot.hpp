#pragma once

#include "messages/snapshot.capnp.h"

#include <string>
#include <string_view>

namespace hive {

/// The metric's `name` without the adapter's prefix. A view into the message.
std::string_view bare_name(wire::Metric::Reader metric);
std::string_view bare_name(std::string_view adapter, std::string_view name);

/// The number of adapters that failed in this capture.
uint32_t count_errors(wire::Snapshot::Reader snapshot);

/// What disturbed the adapter's measurement, so that its figures count for nothing; empty when nothing did.
std::string disturbance_of(wire::AdapterOutcome::Reader adapter);

/// The same for all adapters of a snapshot, each with its name, in at most `max_bytes` bytes.
std::string disturbances_of(wire::Snapshot::Reader snapshot, size_t max_bytes);

} // namespace hive
