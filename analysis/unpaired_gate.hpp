#pragma once

#include "analysis/gate_options.hpp"
#include "analysis/gate_scale.hpp"

#include <span>

namespace hive::analysis {

/// One-sided level of each bound: that of a plan's last look, since stored values are looked at once.
inline constexpr double unpaired_level = 0.025;

struct unpaired_result {
  verdict decided = verdict::inconclusive;
  gate_reason reason = gate_reason::too_few_values;
  gate_scale scale;     ///< of the estimate and the bounds; see `readable_change`
  double rho = 0;       ///< autocorrelation used: the larger of the two sides'
  double inflation = 1; ///< of the variance by it
  double estimate = 0;  ///< Hodges–Lehmann shift of the new side against the old one; positive: worse
  double lower = 0;     ///< -infinity when the values are too few for the level
  double upper = 0;
};

/// Whether a metric got worse, from two samples that were stored apart, each in the order of time. Bounds of the
/// Hodges–Lehmann shift by the Mann–Whitney distribution, on the same scale and against the same margin as
/// `judge_pairs`; safe is withheld when the means differ by more than the margin.
///
/// Weaker than pairs, and only for when none can be measured: what lies between the two samples besides the version
/// (the machine's temperature, its neighbours, a change of its settings) shifts one side alone, and no test can tell
/// that from a change of the version. A drift of the machine by more than the margin makes equal versions regressed, or
/// a regression safe. Nor does it see spikes that the means do not show.
///
/// Never safe for bad input, as in `judge_pairs`. Takes time O((n + m)·64) for large samples.
unpaired_result judge_samples(std::span<const double> old_values, std::span<const double> new_values,
                              const gate_options& options);

} // namespace hive::analysis
