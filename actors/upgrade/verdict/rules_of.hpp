#pragma once

#include "analysis/metric_rules.hpp"
#include "analysis/upgrade_check.hpp"
#include "messages/snapshot.capnp.h"

#include <span>

namespace hive {

/// The rules by which a metric is judged, be it of a snapshot or of a single run: what it states itself under the
/// operator's rules and above the built-in ones; see analysis::effective_rules. `named` holds its names and its unit.
analysis::metric_rules rules_of(wire::Metric::Reader metric, const analysis::metric_point& named,
                                std::span<const analysis::configured_rules> configured);

} // namespace hive
