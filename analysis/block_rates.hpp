#pragma once

#include "analysis/rate_difference.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace hive::analysis {

/// What was counted of one thing in a block of time. Neither is negative, nor above `most_in_block`.
struct good_bad {
  int64_t good = 0;
  int64_t bad = 0;

  int64_t all() const {
    return good + bad;
  }

  void add(const good_bad& more) {
    good += more.good;
    bad += more.bad;
  }
};

/// So that the sums of all blocks of all nodes are exact as numbers.
inline constexpr int64_t most_in_block = 0xffff'ffff;

/// Counts of a node in successive blocks of time; a block in which nothing was counted has zeros.
struct block_series {
  bool is_canary = false;
  std::vector<good_bad> blocks;
};

/// Shares of what was bad among canaries and controls over the same blocks.
struct block_rates {
  good_bad canary_counts; ///< in blocks that compare: those in which both sides counted something
  good_bad control_counts;
  uint32_t blocks = 0;      ///< that compare
  double common = 0;        ///< share that failures common to both sides add to each
  double design_effect = 1; ///< variance of the difference, as a multiple of that of independent trials
  observed_share canary;    ///< of what was bad, less `common`; its trials divided by the design effect
  observed_share control;
};

/// Compares canaries with controls block by block, so that what hits both at the same time cancels, whatever the
/// traffic of a block. Each side's share is the mean over the blocks with the weights of N. Mantel and W. Haenszel
/// ("Statistical aspects of the analysis of data from retrospective studies of disease", 1959), n·m/(n + m) for n and m
/// trials on the two sides.
///
/// Failures that come in blocks on both sides at the same time, as in an outage of what both need, add to both shares
/// and not to the variance of the difference. So both shares are reduced by o − s, as far as neither becomes negative:
/// o is the overall share, and s ≤ o the share with s(1 − s) = the mean over the blocks of p(1 − p)·N/(N − 1), for a
/// share p of the N trials of both sides. Not with o above one half.
///
/// The design effect is at least 1, and the largest of three estimates, each a sum of squares divided by what chance
/// alone would give: of the difference between the sides from block to block, around its mean; of each node in each
/// block, from its part of what its side has there; of each node over all blocks, likewise. The chance of the latter
/// two is the hypergeometric variance. The last one has few degrees of freedom f, one less than the nodes of a side,
/// and is divided by 1 + √(2/f), its standard error.
///
/// Series have at least `blocks` blocks, of which the first so many count. Takes time O(nodes·blocks).
block_rates compare_blocks(std::span<const block_series> nodes, uint32_t blocks);

} // namespace hive::analysis
