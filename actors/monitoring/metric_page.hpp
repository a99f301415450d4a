#pragma once

#include "actors/monitoring/readings.hpp"

#include <prometheus/metric_family.h>
#include <vector>

namespace hive {

/// Bounds of what a node exposes. What goes beyond is counted by hive_metric_series_left_out.
struct metric_bounds {
  size_t series = 2'000; ///< of measured metrics
  size_t peers = 32;     ///< links with a round trip of their own
};

/// The metrics of a node and its hive, in the order of their names. Labels have the names that nodes, metrics and
/// adapters have; docs/reference/metrics.md describes each. `now`: Unix time in seconds.
std::vector<prometheus::MetricFamily> describe_metrics(const readings& from, const metric_bounds& bounds, double now);

} // namespace hive
