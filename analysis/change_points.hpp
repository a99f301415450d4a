#pragma once

#include "analysis/segments.hpp"
#include "analysis/series_drift.hpp"
#include "analysis/series_labels.hpp"
#include "analysis/tool_sums.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace hive::analysis {

// What happened to a metric over its history: steps from one level to another, slow drift, single spikes and changes of
// the noise. Everything is in the unit of the metric unless it says otherwise; which direction is the better one is the
// caller's knowledge.

/// Most values of a history: five years of nightly runs. At most about 0.1 s and 20 MB for these. Callers that have
/// more pass the newest.
inline constexpr size_t max_history_values = 2'000;
/// Least values of a segment: a shorter excursion counts as noise. Where the noise is small beside the step, three
/// values may make one, with usual ones as the outliers of their segment.
inline constexpr size_t least_segment_values = 5;
/// The cost of a change in the partition is this times ln n, in variances of the noise. Above the 2 of the Bayesian
/// information criterion, since that holds for normal noise only.
inline constexpr double penalty_factor = 4;
/// Largest p of a change. With the search over all places, fewer than 1% of unchanged series of 100 values with normal
/// noise show a change.
inline constexpr double change_level = 3e-4;
/// Least magnitude of a change, relative to the level before it: smaller ones are of no use to anybody.
inline constexpr double least_magnitude = 0.005;

/// A step.
struct change_point {
  size_t index = 0;    ///< of the first value at the new level, 0-based
  double before = 0;   ///< means of the segments before and after it, outliers clipped
  double after = 0;    ///< (`pooled_robust_t`)
  double relative = 0; ///< (after − before)/|before|; infinite when `before` is 0
  double p = 1;        ///< two-sided, of the difference of the two levels; not corrected for the search
};

struct history_changes {
  std::vector<change_point> changes; ///< by index; none where there is drift
  std::optional<drift_line> drift;   ///< takes the place of steps
  std::vector<spike> spikes;
  std::vector<variance_change> variance_changes;
  /// Between the changes; they cover the series. One where nothing changed or all drifts, none for an empty series.
  std::vector<segment> segments;
  double autocorrelation = 0; ///< of the noise, in [0, `max_autocorrelation`]

  /// The newest segment: what the metric is like now. Nothing for an empty series.
  std::optional<segment> current() const;
};

struct change_options {
  /// Magnitude below which changes and drift of this metric are of no interest, relative to the level before; counts
  /// where it is above `least_magnitude`. Finite and not negative.
  double floor = least_magnitude;
};

/// Changes of a series of measurements in the order of time:
/// 1. Outliers are clipped (`clip_series`) and the values divided by their noise.
/// 2. Candidates are the `optimal_partition` with penalty `penalty_factor` · ln n and segments of at least
///    `least_segment_values`.
/// 3. While any candidate has p > `change_level` (`pooled_robust_t` of the unclipped segments beside it, with the
///    `pooled_autocorrelation` of all) or a magnitude below the floor, the one of these with the largest p is dropped,
///    and all are tested again.
/// 4. Drift takes the place of the steps where it explains the series better (`find_drift`).
/// 5. Spikes and changes of the noise between segments are labelled. Noise that changes within a level is not looked
/// for.
///
/// Refuses, as invalid, values that are NaN or infinite (naming the index of the first) and bad options; as full, more
/// than `max_history_values`. Any other series has a result; fewer than ten values never have a change. Reversing the
/// values reverses the changes, up to ties; a factor scales all but the relative figures. The same bits on every
/// machine.
std::variant<history_changes, refusal> find_changes(std::span<const double> values, const change_options& options = {});

} // namespace hive::analysis
