#pragma once

#include "analysis/verdict.hpp"

#include <cstdint>
#include <span>

namespace hive::analysis {

// Versions are measured against a pinned reference, not against the version before: each of ten releases may lose 4%,
// less than any margin, and together they lose a third. Against the reference the second such loss is seen.

/// p-value, shared among the critical metrics, up to which a metric is better.
inline constexpr double better_level = 0.005;
/// p-value up to which a metric is worse, although within its margin.
inline constexpr double worse_level = 0.05;

/// What a comparison with the reference says about one critical metric.
struct reference_evidence {
  verdict decided = verdict::inconclusive;
  double p_better = 1; ///< one-sided, of no change for the better
  double p_worse = 1;  ///< one-sided, of no change for the worse
};

enum class reference_step : uint8_t {
  stays,
  moves_as_better,
  moves_as_accepted ///< an operator said so
};

/// Whether a version becomes the reference. It does when an operator accepts it; or when every critical metric is safe,
/// at least one is better at `better_level` divided by the number of metrics, and none is worse at `worse_level`, so
/// that a gain in one metric does not carry a loss in another along. Without metrics the reference stays.
reference_step judge_reference(std::span<const reference_evidence> critical, bool accepted_by_operator);

} // namespace hive::analysis
