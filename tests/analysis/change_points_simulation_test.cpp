#include "tests/analysis/history_noise.hpp"

#include <cstdio>
#include <gtest/gtest.h>

// What change_points.hpp promises, in small. The whole table is in change_points_table_test.cpp.

namespace hive::analysis {
namespace {

constexpr uint32_t few_series = 300;

TEST(change_points_simulation, noise_is_left_alone) {
  for (auto kind : history_noises) {
    auto seed = 300 + static_cast<uint64_t>(kind);
    noise random{seed};
    auto alarms = count_false_alarms(random, few_series, kind, 0.05);
    std::printf("%s, seed %llu: %u changes, %u drifts in %u\n", name_of(kind), static_cast<unsigned long long>(seed),
                alarms.changes, alarms.drift, few_series);
    EXPECT_LE(alarms.changes + alarms.drift, binomial_bound(few_series, most_false_alarms(kind))) << name_of(kind);
  }
}

TEST(change_points_simulation, steps_are_found_soon) {
  for (auto target : step_targets) {
    auto seed = 310 + target.after;
    noise random{seed};
    auto found = count_found_steps(random, few_series, history_noise::gaussian, target.after);
    std::printf("after %zu values, seed %zu: %u of %u\n", target.after, seed, found, few_series);
    EXPECT_LE(few_series - found, binomial_bound(few_series, 1 - target.share)) << target.after;
  }
}

} // namespace
} // namespace hive::analysis
