#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace hive::analysis {

/// What consecutive captures of a series say together.
struct capture_range {
  uint64_t first_capture = 0;
  uint64_t last_capture = 0;
  int64_t from = 0;                                        ///< time of the first capture
  int64_t to = 0;                                          ///< time of the last capture
  double least = std::numeric_limits<double>::quiet_NaN(); ///< of the values that count; NaN when none does
  double median = std::numeric_limits<double>::quiet_NaN();
  double most = std::numeric_limits<double>::quiet_NaN();
  uint32_t count = 0;    ///< captures whose value counts
  uint32_t left_out = 0; ///< all others

  uint32_t captures() const {
    return count + left_out;
  }
};

/// What these ranges, in the order of their captures and at least one, say together. Least and most are those of the
/// values. The median is exact for ranges of one value each; else it is the weighted median of the ranges' medians,
/// each with the weight of its count.
capture_range join(std::span<const capture_range> ranges);

/// Joins neighbours, so that at most `most` ranges are left, whose numbers of captures are as equal as the given ranges
/// allow. Each given range is part of exactly one. Needs `most` ≥ 1.
std::vector<capture_range> to_buckets(std::span<const capture_range> ranges, size_t most);

} // namespace hive::analysis
