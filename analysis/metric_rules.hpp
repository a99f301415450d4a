#pragma once

#include "analysis/environment.hpp"

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hive::analysis {

/// Stands for a margin that is not given.
inline constexpr double no_margin = std::numeric_limits<double>::quiet_NaN();

/// Change for the worse that policy statistical tolerates in a metric for which nobody states a margin, as a share of
/// the old value.
inline constexpr double default_margin = 0.05;

/// What a metric's value is.
enum class metric_kind : uint8_t {
  continuous, ///< a measured quantity
  count,      ///< a number of things
  ratio       ///< a share of items that passed
};

/// How a metric affects a verdict.
struct metric_rules {
  bool gate = true;                   ///< false: shown without affecting the verdict
  double absolute_margin = no_margin; ///< see metric_point
  double floor = no_margin;           ///< see metric_point
  /// Tolerated change for the worse as a share of the old value, for policy statistical: 0 to 0.95.
  double margin = no_margin;
  double resolution = no_margin; ///< smallest step between two values, in the metric's unit; at least 0
  metric_kind kind = metric_kind::continuous;
  bool advisory = false;                    ///< judged by policy statistical without deciding
  environment_fields same_environment = {}; ///< fields that must be equal on both sides
};

/// Floors of the figures of agent_baselines, each a change of one agent since its last baseline.
inline constexpr double reward_delta_floor = -0.05;
inline constexpr double success_rate_delta_floor = -0.05;
inline constexpr double duration_improvement_pct_floor = -10;

/// Default rules for metrics that state none: those of built-in adapters, also in captures older than metric rules and
/// in snapshots captured elsewhere, and those named `error_rate`. Metrics without an adapter are recognised by name
/// alone. All other metrics gate and have neither margins nor floor. Only `effective_rules` fills in `margin` and
/// `same_environment`.
metric_rules builtin_rules(std::string_view adapter, std::string_view metric, std::string_view unit);

/// Whether values in this unit depend on the machine: times, memory sizes and rates per second, in any scale.
bool depends_on_machine(std::string_view unit);

/// Rules that an operator sets for the metrics whose name fits a pattern. What is not set is not changed.
struct configured_rules {
  std::string pattern; ///< ADAPTER.METRIC; `*` stands for any number of characters, also for none
  std::optional<double> margin = {};
  std::optional<double> absolute_margin = {};
  std::optional<double> resolution = {};
  std::optional<metric_kind> kind = {};
  std::optional<bool> advisory = {};
  std::optional<bool> gate = {};
  std::optional<environment_fields> same_environment = {};
};

/// Whether the metric's name fits the pattern. The name of a metric without an adapter has no dot before it.
bool fits(std::string_view pattern, std::string_view adapter, std::string_view metric);

/// Whether the pattern fits any name that a metric of the adapter may have.
bool may_fit(std::string_view pattern, std::string_view adapter);

/// The rules by which a metric is judged. In this order of precedence: the first of `configured` that fits, what the
/// metric states itself (a default of `metric_rules` counts as not stated), the built-in rules, and for all that is
/// left open `default_margin` and, in units that depend on the machine, an equal cpu_model and number of cores.
metric_rules effective_rules(const metric_rules& stated, std::string_view adapter, std::string_view metric,
                             std::string_view unit, std::span<const configured_rules> configured);

} // namespace hive::analysis
