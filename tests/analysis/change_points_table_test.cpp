#include "tests/analysis/history_noise.hpp"
#include "tests/support/soak.hpp"

#include <cstdio>
#include <gtest/gtest.h>

// Prints how often a history without a change shows one, and how soon a step is found. HIVE_SOAK=1 takes 10,000 series
// a cell, otherwise 500.

namespace hive::analysis {
namespace {

constexpr std::array variations{0.02, 0.05, 0.10};

uint32_t series_per_cell() {
  return is_soak() ? 10'000 : 500;
}

double percent(uint32_t count) {
  return 100.0 * count / series_per_cell();
}

/// Bimodal values 8% apart are four deviations apart at a variation of 2%: five in a row are then a step in all but
/// name, and as rare as 2% of the series. The bound is for a variation of 5% and more.
bool has_target(history_noise kind, double variation) {
  return kind != history_noise::bimodal || variation > 0.04;
}

TEST(change_points_table, false_alarms) {
  constexpr uint64_t seed = 501;
  std::printf("\nSeries of 100 values without a change, with changes / drift; %u series a cell, seed %llu\n"
              "| noise | CV 2%% | CV 5%% | CV 10%% | at most |\n|---|---|---|---|---|\n",
              series_per_cell(), static_cast<unsigned long long>(seed));
  noise random{seed};
  for (auto kind : history_noises) {
    std::printf("| %s |", name_of(kind));
    for (double variation : variations) {
      auto alarms = count_false_alarms(random, series_per_cell(), kind, variation);
      std::printf(" %.2f / %.2f%% |", percent(alarms.changes), percent(alarms.drift));
      if (has_target(kind, variation)) {
        EXPECT_LE(alarms.changes + alarms.drift, binomial_bound(series_per_cell(), most_false_alarms(kind)))
          << name_of(kind) << ", variation " << variation;
      }
    }
    std::printf(" %.1f%% |\n", 100 * most_false_alarms(kind));
  }
}

TEST(change_points_table, steps_found) {
  constexpr uint64_t seed = 502;
  std::printf("\nSteps of +5%% at CV 2%% that are found; %u series a cell, seed %llu\n"
              "| noise | after 5 values | 8 | 10 |\n|---|---|---|---|\n",
              series_per_cell(), static_cast<unsigned long long>(seed));
  noise random{seed};
  for (auto kind : history_noises) {
    std::printf("| %s |", name_of(kind));
    for (auto target : step_targets) {
      auto found = count_found_steps(random, series_per_cell(), kind, target.after);
      std::printf(" %.1f%% |", percent(found));
      if (kind == history_noise::gaussian) {
        EXPECT_LE(series_per_cell() - found, binomial_bound(series_per_cell(), 1 - target.share)) << target.after;
      }
    }
    std::printf("\n");
  }
}

} // namespace
} // namespace hive::analysis
