#pragma once

#include "analysis/group_sequential.hpp"
#include "analysis/metric_rules.hpp"
#include "analysis/verdict.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace hive::analysis {

/// How one metric is judged.
struct gate_options {
  /// Change for the worse, as a share of the old value, that is no regression. In [0, 1); 5%.
  double margin = regression_share;
  /// The same in the metric's unit, at least 0; takes the place of `margin` when a value is 0 or negative. By default
  /// there is none, and such values are inconclusive.
  double absolute_margin = no_margin;
  direction better = direction::lower;
  /// A ratio is judged by its items (see analysis/item_gate.hpp), never by the share; a count has a resolution of at
  /// least 1.
  metric_kind kind = metric_kind::continuous;
  /// Smallest step of the values, in the metric's unit, at least 0; 0: fine enough for any margin.
  double resolution = 0;
  look_plan plan = look_plan::short_form;
  /// Metrics of which any alone may block the upgrade, at least 1. The level of a regression is shared among them.
  uint32_t critical_metrics = 1;
  /// Whether a growing tail withholds safe. Not for a metric that is itself a tail, such as a 99th percentile.
  bool guards_tail = true;
};

/// What is wrong with the options, or nothing.
std::optional<std::string_view> problem_of(const gate_options& options);

/// From more pairs than this on, nobody measures on: a change so close to its margin is left to another margin.
inline constexpr uint32_t most_useful_pairs = 1'000;

/// Why a verdict is what it is.
enum class gate_reason : uint8_t {
  // safe
  upper_bound_below_margin,
  // regressed
  lower_bound_above_margin,
  worse_at_last_look, ///< surely worse, and very likely by more than the margin
  more_spikes,        ///< the new side has more values far beyond the old median
  more_items_fail,
  // inconclusive: more measurements may settle it
  too_few_values,
  bounds_span_margin,
  mean_beyond_margin, ///< the ranks say safe, the means do not: the tail may have grown
  spikes_suspected,
  // inconclusive, whatever is measured next
  looks_used_up,      ///< the last look did not settle it
  no_absolute_margin, ///< a value is 0 or negative, and the metric states no absolute margin
  coarse_resolution,  ///< one step of the values is more than the margin
  items_needed,       ///< a share of items is judged by the items
  not_finite,         ///< a value is NaN or infinite
  uneven_sides,       ///< pairs need as many old values as new ones
  bad_options,        ///< see `problem_of`
};

/// For documents: "upper_bound_below_margin".
std::string_view name_of(gate_reason reason);

} // namespace hive::analysis
