#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Why a metric's value and samples cannot both be right, for people: the value is the mean of the samples, or as good
/// as (a thousandth of it, for values that were rounded). Nothing when they agree or there are no samples.
std::optional<std::string> find_disagreement(wire::Metric::Reader metric);

/// Makes one measurement of an adapter's repeats, in the order they were taken.
///
/// A metric's samples are those of every repeat, one after the other; a repeat that gives none counts with its value.
/// Its value is the mean of the samples; a repeat whose value and samples disagree is refused. The metrics stand in the
/// order of the first repeat, under the name `adapter`. Direction, unit, scope, gate and margin must not change between
/// repeats. When every repeat was skipped, so is the result, with the first reason.
///
/// Fails, naming the metric and the repeat: ec::invalid for a value that is not finite or no mean of its samples, a
/// metric named twice, missing
/// from a repeat or not the same quantity in it, and for repeats of which only some were skipped; ec::no_data when a
/// repeat holds nothing; ec::too_large for more than 10,000 samples.
caf::expected<msg<wire::Measurement>> merge_repeats(std::string_view adapter,
                                                    std::span<const msg<wire::Measurement>> repeats);

} // namespace hive
