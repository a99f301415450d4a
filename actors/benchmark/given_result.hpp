#pragma once

#include "actors/benchmark/snapshots/snapshot_builder.hpp"

#include <caf/expected.hpp>

namespace hive {

/// The outcome of one adapter as the caller of a capture states it: metrics, a reason to skip, or an error. Metrics
/// that cannot be stored (see find_fault) make it an error. ec::invalid, naming the place, when it is none of the three
/// or more than one.
caf::expected<adapter_outcome> read_given(wire::NestedAdapter::Reader given);

/// The measurement in a worker's result. ec::process_failed with the worker's text for an error; ec::invalid when it is
/// none of the three or more than one.
caf::expected<msg<wire::Measurement>> read_worked(wire::WorkResult::Reader result);

} // namespace hive
