#pragma once

#include "analysis/drift.hpp"
#include "analysis/success_stream.hpp"
#include "analysis/verdict.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace hive::analysis {

/// Values that wait to join the sample: a block of older ones and the newest 100.
inline constexpr uint32_t max_waiting_values = 2 * newest_runs;
/// A reference in which one value makes up more than this share, or that has at most so many different values, has too
/// many ties for ranks: in simulation they gave 20 false alarms a week.
inline constexpr double max_tied_share = 0.25;
inline constexpr uint32_t max_levels = 4;

/// How a stream of few levels (rewards of 1 and −0.5) becomes one of successes and failures.
struct level_split {
  float cut = 0;
  bool cut_is_worse = false; ///< whether the cut itself counts as a failure
};

/// A stream of numbers, such as durations. Only ranks are used, so the scale, the unit, outliers and tails of the
/// distribution do not matter. Plain values, which their owner stores as they are: up to 4.8 KB, since the sample is
/// kept as floats (4 KB for 1,000 of them: rounding to 7 digits changes no rank that matters). The sample changes only
/// where `stream_change::reference_changed` says so.
struct number_stream {
  direction better = direction::lower;
  uint64_t runs = 0;         ///< all that were ever added
  bool learned = false;      ///< whether the sample is complete
  std::vector<float> sample; ///< while learning in the order of time, then ascending
  // Mean and standard deviation of the scores of the sample's own values: 0 and 1 but for ties and a small sample.
  double score_mean = 0;
  double score_deviation = 1;
  block_spread spread;        ///< of scores
  std::vector<float> waiting; ///< values newer than the sample, in the order of time
  cusum test;
  // Instead of the sample's ranks where there are too many ties.
  std::optional<level_split> levels;
  success_stream successes;
};

/// Adds a value, which must be finite. The first 200 make the sample. Each later one is ranked in it, with middle ranks
/// for ties, and scored by the normal quantile of its rank, standardised by the scores of the sample's own values; z is
/// positive where the value is worse. S grows by (½·(z − s/√m) − ⅛) / phi, m the size of the sample: the test of a
/// shift by half a standard deviation, where s = `reference_slack`(m) allows for the error of the sample. `threshold`
/// is the node's (see `alarm_threshold`); `number_threshold_extra` is added here.
///
/// While nothing is suspected and the newest 100 values are about as good as the sample (see `growth_allowance`), the
/// 100 before them join it, up to 1,000. Takes time O(log m), and O(m log m) once in 100 runs while the sample grows.
///
/// A sample with too many ties is split at its median: a value is a failure if it is worse than the median, or, where
/// that divides more evenly, if it is not better. Then the values are a `success_stream`.
stream_change add_run(number_stream& stream, double value, double threshold);

/// What the values so far say.
drift_evidence judge(const number_stream& stream, double threshold);

/// Takes what the agent does now for its reference, if it is suspected or confirmed to be worse; otherwise returns
/// false. The values since S left 0, as far as they are kept, are the beginning of the new sample, and the stream
/// learns again.
bool accept(number_stream& stream, double threshold);

/// The report's rates are medians here, except `rate_up`, which stays 0 unless the stream was split.
stream_report explain(const number_stream& stream, double threshold);

} // namespace hive::analysis
