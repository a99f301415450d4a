#pragma once

#include "analysis/metric_rules.hpp"
#include "messages/snapshot.capnp.h"

#include <span>

namespace hive {

/// The rules by which a metric is judged, be it of a snapshot or of a single run: what it states itself under the
/// operator's rules and above the built-in ones; see analysis::effective_rules.
analysis::metric_rules rules_of(wire::Metric::Reader metric, std::span<const analysis::configured_rules> configured);

} // namespace hive
