#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace hive::analysis {

/// What else used the machine during a run. NaN: not known.
struct run_contention {
  std::string_view run = {};                                  ///< how sentences name the run, such as "the run of v1.2"
  double steal = std::numeric_limits<double>::quiet_NaN();    ///< share of the processors' time
  double pressure = std::numeric_limits<double>::quiet_NaN(); ///< share of the time in which a task waited
  double load = std::numeric_limits<double>::quiet_NaN();     ///< of all others, in processors
  uint64_t throttled = 0;
  uint32_t captures = 0; ///< others, at the same time
};

/// Steal above this share slows a run by about as much, which is the default margin.
inline constexpr double max_steal = 0.05;
/// Largest difference of the others' load between two runs, as a share of the processors. Measured: up to it, pairs
/// differ as much as without any difference, above it by more than twice as much (docs/explanation/judgement.md).
inline constexpr double max_load_difference = 0.05;
/// Largest difference of the pressure between two runs. Measured in the same way; it tells less than the load.
inline constexpr double max_pressure_difference = 0.1;
/// Load of others, in processors, from which on a single run is worth a remark: half a processor may be the one that
/// the run is on.
inline constexpr double notable_load = 0.5;
/// Pressure from which on a single run whose load is not known is worth one.
inline constexpr double notable_pressure = 0.2;

/// Why two runs that were taken one right after the other do not compare, one sentence each; empty when they do. A load
/// that is there during both runs is no reason, since it slows both: one that comes or goes between them is. Steal,
/// throttling and other captures come in bursts, so they are reasons on either side.
///
/// The pressure counts only where a load is not known, because the run's own threads wait too, and a version may have
/// more of them. What is not known is no reason. `processors` is the number of the machine's, at least 1.
std::vector<std::string> disturbances_between(const run_contention& a, const run_contention& b, uint32_t processors);

/// What is notable about a single run, in a few words: "steal 12%, 2 other captures"; empty when nothing is.
std::string describe_contention(const run_contention& during);

} // namespace hive::analysis
