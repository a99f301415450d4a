#pragma once

#include "analysis/tool_sums.hpp"

#include <span>

namespace hive::analysis {

/// Upper bound on a node's weight, in records. 1,000 records determine a rate to within 3 percentage points (95%); more
/// would add influence, not knowledge.
inline constexpr uint64_t max_origin_weight = 1'000;
/// Extremes are trimmed from this number of nodes on. With two nodes, it cannot be told which one is wrong.
inline constexpr size_t trimmed_from = 3;

/// Number of values trimmed at each end for `nodes` nodes: a quarter, at least one.
size_t trimmed_at_each_end(size_t nodes);

/// The hive's estimate for one tool and task type, computed from each node's sums and expressed as one node's sums: `n`
/// is the true number of records, the other sums are `n` times the estimate per record.
///
/// Below `trimmed_from` nodes, records are pooled, with each node's weight capped at `max_origin_weight`; the sums are
/// exact while no cap applies. From that number on, each figure (rate, mean time, mean square, mean log) is a trimmed
/// mean over the nodes, with the same weights for the remaining nodes (trimming against arbitrary liars: Yin et al.,
/// "Byzantine-robust distributed learning", ICML 2018). While the liars are no more than the nodes trimmed at each end,
/// the estimate lies within the range of the honest nodes. Rates are rounded to 10^-6, times to 1 µs. The order of
/// nodes does not matter.
tool_sums estimate(std::span<const tool_sums> nodes);

} // namespace hive::analysis
