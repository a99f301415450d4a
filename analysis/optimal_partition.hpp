#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace hive::analysis {

/// The indices at which new segments begin, ascending, without 0: of all partitions into segments of at least `least`
/// values, one whose sum over the segments of Σ(x − mean of the segment)², plus `penalty` per change, is smallest
/// (B. Jackson et al., "An algorithm for optimal partitioning of data on an interval", 2005). Starts of segments that
/// can no longer win are dropped on the way (R. Killick, P. Fearnhead and I. A. Eckley, "Optimal detection of
/// changepoints with a linear computational cost", 2012: PELT), which changes the time and not the result.
///
/// Empty for fewer than 2·`least` values. `least` is at least 1, `penalty` not negative, values are finite; where
/// squares of differences overflow, a partition that avoids them is taken. Takes memory O(n); time O(n²) where nothing
/// changes, nearly O(n) where changes are spread over all of the series.
std::vector<size_t> optimal_partition(std::span<const double> values, double penalty, size_t least);

} // namespace hive::analysis
