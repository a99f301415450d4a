#pragma once

#include <span>
#include <vector>

namespace hive::analysis {

// p-values of several tests, adjusted so that each can be compared with a level that is meant for all. Returned in the
// order given; p-values must be in [0, 1]. Takes time O(n log n).

/// Holm's adjustment: comparing with a level bounds the chance of any false finding by it, however the tests depend on
/// each other (S. Holm, "A simple sequentially rejective multiple test procedure", 1979). In ascending order from i = 0
/// the running maximum of (m − i)·p, at most 1.
std::vector<double> holm(std::span<const double> p);

/// Benjamini and Hochberg's adjustment: comparing with a level bounds the expected share of false ones among the
/// findings by it, for independent or positively dependent tests (Y. Benjamini and Y. Hochberg, "Controlling the false
/// discovery rate", 1995). In descending order the running minimum of m·p/i, with i the place in ascending order
/// from 1.
std::vector<double> benjamini_hochberg(std::span<const double> p);

} // namespace hive::analysis
