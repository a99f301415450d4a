#pragma once

#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hive {

/// Explains how a metric's value contradicts its samples: it must be their mean, within a thousandth (for rounded
/// values). Nothing when they agree or there are no samples.
std::optional<std::string> find_disagreement(wire::Metric::Reader metric);

/// Merges an adapter's repeats, in the order taken, into one measurement.
///
/// A metric's samples are concatenated over the repeats; a repeat without samples contributes its value. The value is
/// the mean of all samples; a repeat whose value contradicts its samples is rejected. Metrics keep the first repeat's
/// order; the result's adapter is `adapter`. Direction, unit, scope, kind and all rules must be the same in all
/// repeats. If all repeats were skipped, so is the result, with the first reason.
///
/// Fails, naming the metric and the repeat: ec::invalid for a value that is not finite or not the mean of its samples,
/// for a metric that is named twice, missing from a repeat or differently defined in it, and when only some repeats
/// were skipped; ec::no_data for an empty repeat; ec::too_large for more than 10,000 samples.
caf::expected<msg<wire::Measurement>> merge_repeats(std::string_view adapter,
                                                    std::span<const msg<wire::Measurement>> repeats);

} // namespace hive
