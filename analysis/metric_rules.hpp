#pragma once

#include <limits>
#include <string_view>

namespace hive::analysis {

/// Stands for a margin that is not given.
inline constexpr double no_margin = std::numeric_limits<double>::quiet_NaN();

/// How a metric affects a verdict.
struct metric_rules {
  bool gate = true;                   ///< false: shown without affecting the verdict
  double absolute_margin = no_margin; ///< see metric_point
  double floor = no_margin;           ///< see metric_point
};

/// Floors of the figures of agent_baselines, each a change of one agent since its last baseline.
inline constexpr double reward_delta_floor = -0.05;
inline constexpr double success_rate_delta_floor = -0.05;
inline constexpr double duration_improvement_pct_floor = -10;

/// Default rules for metrics of built-in adapters that state no rules: those in captures older than metric rules, and
/// in snapshots captured elsewhere. Metrics without an adapter are recognised by name alone. All other metrics gate and
/// have neither margin nor floor.
metric_rules builtin_rules(std::string_view adapter, std::string_view metric, std::string_view unit);

/// Whether values in this unit depend on the machine: times, memory sizes and rates per second, in any scale.
bool depends_on_machine(std::string_view unit);

} // namespace hive::analysis
