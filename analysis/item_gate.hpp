#pragma once

#include "analysis/gate_options.hpp"

#include <cstdint>

namespace hive::analysis {

/// One-sided level of the bound and the test of items.
inline constexpr double item_level = 0.05;

/// How the items of a benchmark (test cases, questions) that both sides ran came out.
struct item_counts {
  uint32_t items = 0;  ///< that both sides ran; at least broken + fixed
  uint32_t broken = 0; ///< passed before, fail now
  uint32_t fixed = 0;  ///< failed before, pass now
};

struct item_gate_result {
  verdict decided = verdict::inconclusive;
  gate_reason reason = gate_reason::too_few_values;
  double loss = 0;       ///< (broken − fixed)/items: the share of items by which the new side passes fewer
  double upper_loss = 1; ///< bound of the loss at `item_level`
  double p_worse = 1;    ///< McNemar's, one-sided
};

/// Whether a benchmark of items got worse. Regressed when McNemar's exact one-sided p is at most `item_level` divided
/// by the critical metrics. Safe when the upper bound of the loss is at most the margin (a share of the items): of the
/// items that flipped, the share that broke is at most the exact binomial bound u at `item_level` (C. J. Clopper and E.
/// S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", 1934), so the loss
/// is at most (broken + fixed)(2u − 1)/items. The items are the ones that matter, not a sample of others: without any
/// flip the loss is 0. Inconclusive otherwise, and without items. Takes time O(broken + fixed).
item_gate_result judge_items(const item_counts& counts, const gate_options& options);

/// The largest share p with P(B ≤ k) ≥ `level` for B binomial of n ≥ k trials with p; 1 when k = n.
double binomial_upper_bound(uint32_t k, uint32_t n, double level);

} // namespace hive::analysis
