// The ledger on requests of a production cluster (tests/data/gpu_trace.README.md), beside simpler schedulers. What is
// asserted are times of the replayed clock, which do not depend on the machine.

#include "tests/gpu/ledger/trace.hpp"

#include <cstdio>
#include <gtest/gtest.h>

namespace hive::gpu::testing {
namespace {

constexpr double cap_s = 14'400;

void print(const char* name, const replay_result& how) {
  std::printf("%-22s utilisation %.3f  makespan/bound %.3f  wait mean %8.0f p95 %8.0f max %9.0f s  gangs %8.0f s  "
              "broken %zu over-commit %zu lost %zu\n",
              name, how.utilisation, how.makespan, how.mean_wait, how.p95_wait, how.max_wait, how.gang_mean_wait,
              how.broken_promises, how.over_commits, how.lost);
}

struct table {
  replay_result ledger, with_priorities, fifo, greedy, largest, shortest;
};

table replay_all(double load, size_t devices) {
  auto rows = load_trace("openb", cap_s, load, devices);
  std::printf("openb, %zu requests, %zu devices, load %.2f\n", rows.size(), devices, load);
  table out{replay_ledger(rows, devices, false),
            replay_ledger(rows, devices, true),
            replay_simply(rows, devices, discipline::fifo),
            replay_simply(rows, devices, discipline::greedy),
            replay_simply(rows, devices, discipline::largest_area),
            replay_simply(rows, devices, discipline::shortest)};
  print("ledger", out.ledger);
  print("ledger, priorities", out.with_priorities);
  print("first come", out.fifo);
  print("greedy", out.greedy);
  print("largest area, offline", out.largest);
  print("shortest, offline", out.shortest);
  for (const auto* each : {&out.ledger, &out.with_priorities}) {
    EXPECT_EQ(each->broken_promises, 0u);
    EXPECT_EQ(each->over_commits, 0u);
    EXPECT_EQ(each->lost, 0u);
  }
  return out;
}

void expect_saturated(size_t devices, double least_utilisation) {
  auto all = replay_all(1.3, devices);
  EXPECT_GE(all.ledger.utilisation, least_utilisation);
  EXPECT_GE(all.ledger.utilisation, 1.2 * all.fifo.utilisation);
  auto best = std::max({all.greedy.utilisation, all.largest.utilisation, all.shortest.utilisation});
  EXPECT_GE(all.ledger.utilisation, .98 * best);
  EXPECT_LE(all.ledger.makespan, 1.09);
}

void expect_stable(size_t devices) {
  auto all = replay_all(.85, devices);
  EXPECT_LE(all.ledger.mean_wait, .25 * all.fifo.mean_wait);
  EXPECT_LE(all.ledger.p95_wait, .30 * all.fifo.p95_wait);
  EXPECT_LE(all.ledger.max_wait, .40 * all.fifo.max_wait);
  EXPECT_LE(all.ledger.gang_mean_wait, .4 * all.greedy.gang_mean_wait);
}

TEST(trace, eight_devices_with_more_work_than_they_can_do) {
  expect_saturated(8, .93);
}

TEST(trace, eight_devices_with_less) {
  expect_stable(8);
}

TEST(trace, thirty_two_devices_with_more_work_than_they_can_do) {
  expect_saturated(32, .94);
}

TEST(trace, thirty_two_devices_with_less) {
  expect_stable(32);
}

} // namespace
} // namespace hive::gpu::testing
