#pragma once

#include "actors/upgrade/compared_side.hpp"
#include "actors/upgrade/measured_versions.hpp"
#include "messages/msg.hpp"
#include "messages/upgrade.capnp.h"

#include <functional>

namespace hive {

/// A calibration that has ended, with what its pairs say about each critical or advisory metric that it was asked for
/// and that is not judged by a floor: at most defaults::max_calibrated_metrics. Takes about a second for each;
/// `is_cancelled` is asked before each, and then the rest is left out.
msg<wire::PairedMeasurement> with_calibrations(const msg<wire::PairedMeasurement>& ended,
                                               const measured_versions& measured, configured_rules rules,
                                               const std::function<bool()>& is_cancelled);

} // namespace hive
