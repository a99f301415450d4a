#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace hive::analysis {

// Evidence that a stream of runs got worse than its reference: a CUSUM test (E. S. Page, "Continuous inspection
// schemes", 1954) with a threshold that follows from the false alarms that an operator accepts per week.
// docs/explanation/evidence.md explains the whole and says what it finds how soon.

/// What the runs of a stream say about it.
enum class drift_evidence : uint8_t {
  learning,  ///< fewer than `min_reference_runs` are known, so nothing can be said
  chance,    ///< the runs are within what chance makes of the reference
  suspected, ///< more than half way to the threshold
  confirmed  ///< the threshold was passed; holds until the stream is accepted or has recovered
};

/// Runs in a reference before a stream is tested.
inline constexpr uint32_t min_reference_runs = 200;
/// Runs at which a reference stops growing: it then finds 10 points in half the runs that one of 200 needs; more would
/// help little.
inline constexpr uint32_t max_reference_runs = 1'000;
/// The newest runs, which do not join the reference yet: what makes the agent worse shows in them first.
inline constexpr uint32_t newest_runs = 100;
/// A reference grows while the newest runs are at most so many standard errors worse than it. A greater allowance would
/// let a small reference follow a fall before S shows it; none would stop streams whose reference is a little lucky.
inline constexpr double growth_allowance = 0.5;
/// Runs with S = 0 after which a confirmed stream has recovered.
inline constexpr uint32_t recovery_runs = 200;
/// A stream is suspected, and its reference does not grow, from this share of the threshold on.
inline constexpr double suspicion_share = 0.5;
/// Runs beyond which an estimate says nothing any more.
inline constexpr uint32_t max_estimated_runs = 100'000;

/// Standard errors by which a reference of n runs may overstate what the agent does, without a false alarm: 1.75 +
/// 100/n. That is 2 at 400 runs, more where the reference may still be corrected by growing, and less where it is
/// complete.
double reference_slack(size_t runs);

/// The test's state.
struct cusum {
  double sum = 0;            ///< S: how far the runs since the last zero speak for "worse", at least 0
  uint32_t runs_up = 0;      ///< runs since S was last 0, at most `max_reference_runs`
  uint32_t runs_at_zero = 0; ///< while held: runs with S = 0 since S was last above half the threshold
  bool held = false;         ///< confirmed, and neither accepted nor recovered
};

/// Adds the step of one run: S = max(0, S + step). Confirms when S passes `threshold`. While it is held, S goes no
/// higher than the threshold, so that an agent that was bad for long recovers as fast as one that was bad for a short
/// time.
void advance(cusum& test, double step, double threshold);

/// What the test says, given that its reference is complete.
drift_evidence judge(const cusum& test, double threshold);

/// Whole runs that a distance takes at so much per run, for reports; nothing if there is no advance, or for more than
/// `max_estimated_runs`.
std::optional<uint32_t> estimated_runs(double distance, double per_run);

/// Runs in a block, by which the spread of a stream is measured.
inline constexpr uint32_t block_runs = 10;
/// Blocks before the spread is believed: as many as the smallest reference has.
inline constexpr uint32_t min_blocks = min_reference_runs / block_runs;

/// Blocks that are remembered; when there are more, all before fade by half. So many tell phi to 5%.
inline constexpr uint32_t max_blocks = 1'000;

/// How much neighbouring blocks of 10 runs differ. Runs that come in batches (one bad input, ten failures) are alike
/// within a block and differ more between blocks than chance explains. Neighbours are compared, not each block with the
/// mean, so that a stream which got worse once does not look like one with batches.
struct block_spread {
  uint32_t blocks = 0;
  double sum = 0;         ///< of the blocks' sums
  double differences = 0; ///< of the squares of what neighbouring sums differ by
  double newest_sum = 0;  ///< of the newest complete block
  // The block that is not complete.
  uint32_t open_runs = 0;
  double open_sum = 0;
};

/// Adds the value of one run: 0 or 1, or a score. All runs belong here, in their order.
void add_run(block_spread& spread, double value);

/// Mean value of the runs in complete blocks; 0 without any.
double mean_of(const block_spread& spread);

/// The overdispersion phi = max(1, X − √(3/(B−1))) of B blocks: X is half the mean square of the differences of
/// neighbouring sums, in units of the variance that 10 independent runs would have (J. von Neumann, "Distribution of
/// the ratio of the mean square successive difference to the variance", 1941), and √(3/(B−1)) its standard error,
/// without which chance alone would raise phi above 1 in half of all streams. `variance` is that of one run. 1 with
/// fewer than `min_blocks` blocks or a variance of 0. Evidence is divided by phi.
double overdispersion(const block_spread& spread, double variance);

} // namespace hive::analysis
