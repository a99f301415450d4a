#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hive::analysis {

/// Repeated runs of one item.
struct item_runs {
  uint32_t runs = 0;
  uint32_t passes = 0; ///< at most `runs`
};

/// How much the outcomes of the same item differ from run to run, without any change.
struct flakiness {
  uint32_t items = 0;    ///< with at least one run
  uint32_t repeated = 0; ///< with at least two; only these tell about flakiness
  uint32_t flaky = 0;    ///< that both passed and failed
  double pass_rate = 0;  ///< mean over items of the share of runs that passed
  double flip_rate = 0;  ///< chance that two runs of the same item differ; mean over repeated items
  double noise = 0;      ///< standard deviation of one outcome within an item, pooled over repeated items
};

/// Measures flakiness. The flip rate of an item with c passes in n runs is 2·c·(n−c)/(n·(n−1)), which is unbiased. The
/// noise is the square root of the pooled variance Σ c·(n−c)/n / Σ (n−1). All figures are 0 if there is nothing to
/// measure; `items` and `repeated` say so.
flakiness measure_flakiness(std::span<const item_runs> items);

/// Largest k of `pass_power`: agents are hardly ever asked to succeed more often in a row.
inline constexpr uint32_t max_pass_power = 64;

/// pass^k: the chance that k runs of one item all pass, as the mean over the items with at least k runs of
/// C(c,k)/C(n,k), which is unbiased (S. Yao and others, "τ-bench", 2024). Nothing if no item has k runs, or k is 0 or
/// above `max_pass_power`.
std::optional<double> pass_power(std::span<const item_runs> items, uint32_t k);

/// Running sums of a number that one item gives in repeated runs (B. P. Welford, "Note on a method for calculating
/// corrected sums of squares and products", 1962).
struct item_numbers {
  uint32_t runs = 0;
  double mean = 0;
  double squares = 0; ///< sum of squared deviations from the mean
};

/// Counts one more run. `value` must be finite.
void add_run(item_numbers& item, double value);

/// Standard deviation of a number within an item, pooled over all items with at least two runs; nothing if there is
/// none.
std::optional<double> number_noise(std::span<const item_numbers> items);

} // namespace hive::analysis
