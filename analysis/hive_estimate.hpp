#pragma once

#include "analysis/tool_sums.hpp"

#include <span>

namespace hive::analysis {

/// Records of one node that count at most when nodes are weighed against each other: with 1,000 its rate is known to 3
/// percent points (95%); more of them would add power, not knowledge.
inline constexpr uint64_t max_origin_weight = 1'000;
/// Nodes from which on the extremes are left out. With two, nobody can tell which one is wrong.
inline constexpr size_t trimmed_from = 3;

/// How many of so many nodes are left out at each end: a quarter, one at least.
size_t trimmed_at_each_end(size_t nodes);

/// What the hive says of one tool at one task type, from each node's sums, as the sums of one node: `n` is the true
/// number of records, the others are `n` times the hive's estimate per record.
///
/// Below `trimmed_from` nodes the records are pooled, each node's weighing `max_origin_weight` at most; so the sums are
/// exact up to that. From then on each figure (rate, mean time, mean square, mean log) is a trimmed mean over the
/// nodes, with the same weights for those that are left (trimming against arbitrary liars: Yin et al.,
/// "Byzantine-robust distributed learning", ICML 2018). As long as no more nodes lie than are left out at each end, the
/// estimate lies within the range of the honest ones, whatever the liars say. Rates are rounded to 10^-6, times to 1
/// µs. The order of nodes does not matter.
tool_sums estimate(std::span<const tool_sums> nodes);

} // namespace hive::analysis
