#pragma once

#include <limits>
#include <string_view>

namespace hive::analysis {

/// No margin is stated.
inline constexpr double no_margin = std::numeric_limits<double>::quiet_NaN();

/// How a metric counts in a verdict.
struct metric_rules {
  bool gate = true;                   ///< false: it is shown and decides nothing
  double absolute_margin = no_margin; ///< see metric_point
};

/// What holds for a metric of a built-in adapter that does not state it itself: captures from before metrics had rules,
/// and snapshots that were captured elsewhere. Metrics without an adapter are known by their names alone. For all
/// others nothing is assumed: gate, and no margin.
metric_rules builtin_rules(std::string_view adapter, std::string_view metric, std::string_view unit);

/// Whether values in this unit depend on the machine: times, sizes of memory and rates per second, in any scale.
bool depends_on_machine(std::string_view unit);

} // namespace hive::analysis
