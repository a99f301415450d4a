#pragma once

#include "tests/support/soak.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace hive::analysis {

/// Runs of a cell of a simulation's table, and in a normal run of the tests.
inline constexpr uint32_t table_runs = 10'000;
inline constexpr uint32_t fast_runs = 200;

inline uint32_t runs_of_table() {
  return is_soak() ? table_runs : fast_runs;
}

/// Four standard errors of a share from so many runs, and at least four runs; none for the whole table.
inline double allowance(double share, uint32_t runs) {
  return runs == table_runs ? 0 : 4 * std::sqrt(share * (1 - share) / runs) + 4.0 / runs;
}

/// Runs all jobs, on all cores.
inline void run_all(const std::vector<std::function<void()>>& jobs) {
  std::atomic<size_t> next = 0;
  auto work = [&] {
    for (size_t i = next++; i < jobs.size(); i = next++)
      jobs[i]();
  };
  std::vector<std::thread> threads(std::max(1u, std::thread::hardware_concurrency()));
  for (auto& each : threads)
    each = std::thread{work};
  for (auto& each : threads)
    each.join();
}

} // namespace hive::analysis
