#pragma once

#include <cstddef>
#include <cstdint>

namespace hive::analysis {

/// How many runs per week the streams of a node take together: a count that fades with a time constant of one week.
struct run_rate {
  double faded_runs = 0;
  int64_t first_us = 0; ///< when the first run was counted, microseconds since 1970; 0: none yet
  int64_t newest_us = 0;
};

/// Counts `runs` at the time `now_us`, microseconds since 1970: one for each stream that a run advances. A clock that
/// was set back counts as one that stood still.
void count_runs(run_rate& rate, double runs, int64_t now_us);

/// The rate at `now_us`, in runs per week. What was counted is taken for that of the time since the first run, and for
/// at least a day's, so that a burst at the start is not taken for the rate of a week. 0 before the first run.
double runs_per_week(const run_rate& rate, int64_t now_us);

/// The least threshold: with few runs per week a lower one would meet the budget as well, but would confirm on a few
/// failures in a row.
inline constexpr double min_threshold = 6;
/// With S above h at about R·e^(−4.2−h) runs per week if nothing changed; the constant is from simulation.
inline constexpr double threshold_offset = 4.2;
/// Streams of numbers need this much more: their reference is a sample of a distribution, not a rate.
inline constexpr double number_threshold_extra = 1;
/// False alarms per week that the whole node may give unless it is configured.
inline constexpr double default_false_alarms_per_week = 1;

/// The threshold h = max(6, ln(R/F) − 4.2) of all streams of a node with R runs per week over all its streams and F > 0
/// false alarms per week.
double alarm_threshold(double runs_per_week, double false_alarms_per_week);

/// The threshold of one slice of `slices`: each slice is one more chance for a false alarm, so h + ln(slices).
double slice_threshold(double threshold, size_t slices);

} // namespace hive::analysis
