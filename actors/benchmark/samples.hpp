#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"

#include <span>
#include <string_view>

namespace hive {

/// Makes one measurement of an adapter's repeats, in the order they were taken.
///
/// A metric's samples are those of every repeat, one after the other; a repeat that gives none counts with its value.
/// Its value is the mean of the samples (a value that a repeat gives beside its samples is not used). The metrics stand
/// in the order of the first repeat, under the name `adapter`. Direction, unit, scope, gate and margin must not change
/// between repeats. When every repeat was skipped, so is the result, with the first reason.
///
/// Fails, naming the metric and the repeat: ec::invalid for a value that is not finite, a metric named twice, missing
/// from a repeat or not the same quantity in it, and for repeats of which only some were skipped; ec::no_data when a
/// repeat holds nothing; ec::too_large for more than 10,000 samples.
caf::expected<msg<wire::Measurement>> merge_repeats(std::string_view adapter,
                                                    std::span<const msg<wire::Measurement>> repeats);

} // namespace hive
