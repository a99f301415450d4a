#pragma once

#include "analysis/drift.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace hive::analysis {

/// The outcomes of the newest 100 runs, a bit each. A rate over all runs that ever were hides a drop: after 1,000 good
/// runs a fall from .90 to .80 takes 819 bad ones to move it by 5%.
struct recent_runs {
  std::array<uint64_t, (newest_runs + 63) / 64> bits{}; ///< run i at bit i % 64 of word i / 64, in a circle
  uint32_t next = 0;                                    ///< where the next run goes
  uint32_t runs = 0;                                    ///< at most `newest_runs`
};

/// Adds a run. Returns the outcome of the run that fell out.
std::optional<bool> add_run(recent_runs& recent, bool success);

/// How many of the newest runs succeeded.
uint32_t successes(const recent_runs& recent);

} // namespace hive::analysis
