#pragma once

#include "analysis/drift.hpp"
#include "analysis/recent_runs.hpp"

#include <cstdint>
#include <optional>

namespace hive::analysis {

/// A stream of runs that succeed or fail: some 120 bytes of plain values, which their owner stores as they are. A new
/// one has no runs.
struct success_stream {
  uint64_t runs = 0; ///< all that were ever added
  // The reference: runs while nothing was suspected, all older than those that are tested.
  uint32_t reference_runs = 0;
  uint32_t reference_successes = 0;
  // The tested runs.
  recent_runs newest;
  uint32_t waiting = 0; ///< how many of the newest are not in the reference
  cusum test;
  uint32_t successes_up = 0; ///< among the `test.runs_up` runs
  block_spread spread;       ///< of all runs
};

/// What a run did to a stream.
struct stream_change {
  drift_evidence before = drift_evidence::learning;
  drift_evidence after = drift_evidence::learning;
  bool reference_changed = false;
};

/// The rates between which a stream decides: with k of n reference runs p^ = (k + ½)/(n + 1), p_in =
/// p^ − `reference_slack`(n)·√(p^(1−p^)/n), at most .995, is the lowest rate that may well be the reference's, and
/// p_out = max(p_in − 0.10, .01) is ten points worse. Nothing while p_in < .05: a rate this low cannot fall by ten
/// points.
struct tested_rates {
  double reference = 0; ///< p^
  double p_in = 0;
  double p_out = 0;
};
std::optional<tested_rates> rates_of(const success_stream& stream);

/// How much more blocks of 10 runs differ than chance explains, at least 1; see `overdispersion`.
double overdispersion_of(const success_stream& stream);

/// Adds a run. The first 200 make the reference. Each later one is tested: S grows by ln((1−p_out)/(1−p_in)) / phi on a
/// failure and falls by ln(p_in/p_out) / phi on a success; above `threshold` (see `alarm_threshold`) the stream is
/// confirmed. While nothing is suspected and the newest 100 runs succeed about as often as the reference (see
/// `growth_allowance`), older runs join it, up to 1,000.
stream_change add_run(success_stream& stream, bool success, double threshold);

/// What the runs so far say.
drift_evidence judge(const success_stream& stream, double threshold);

/// Takes what the agent does now for its reference, if it is suspected or confirmed to be worse; otherwise the
/// reference stays, and false is returned. The runs since S left 0 are the beginning of the new reference; with fewer
/// than 200 of them the stream learns again.
bool accept(success_stream& stream, double threshold);

/// Takes a better sample for the reference, since the anchor moved up to it: `successes` of `runs`, which may be the
/// stream's own newest runs. Returns false and changes nothing if the sample has fewer than 200 runs, or a lower rate
/// than the reference. What is confirmed stays confirmed.
bool raise_reference(success_stream& stream, uint32_t runs, uint32_t successes);

/// What a stream says, in plain values for an explanation.
struct stream_report {
  drift_evidence says = drift_evidence::learning;
  double sum = 0; ///< S
  double threshold = 0;
  uint32_t reference_runs = 0; ///< while learning: "37 of 200"
  double reference = 0;        ///< rate of the reference, or its median
  double recent = 0;           ///< rate of the newest runs, or their median
  uint32_t recent_runs = 0;
  double overdispersion = 1;
  /// How long it has looked worse, and the rate since then; 0 runs if it does not.
  uint32_t runs_up = 0;
  double rate_up = 0;
  /// About how many more runs settle what is suspected: confirm it, if they go on as since S left 0, or clear it, if
  /// they are as the reference. For `learning` both are the runs until it is tested. Nothing where that is not to be
  /// expected within `max_estimated_runs`.
  std::optional<uint32_t> runs_to_confirm;
  std::optional<uint32_t> runs_to_clear;
  /// About how many runs a loss of the size that is looked for takes to be confirmed, from S = 0: ten points, or one
  /// standard deviation. With the false alarms that are accepted per week, nothing smaller is found sooner.
  std::optional<uint32_t> runs_to_find;
};

stream_report explain(const success_stream& stream, double threshold);

} // namespace hive::analysis
