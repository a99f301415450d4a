#include "tests/analysis/agent_noise.hpp"

#include <array>
#include <gtest/gtest.h>

// What docs/explanation/evidence.md promises, in small. The whole table is in evidence_table_test.cpp.

namespace hive::analysis {
namespace {

constexpr std::array mixed_rates{0.70, 0.80, 0.90, 0.95, 0.99};

TEST(evidence_simulation, a_fleet_of_pure_noise_is_left_alone) {
  // A week of 200 agents that do not change, with references of the least size.
  noise random{12};
  uint32_t confirmed = 0;
  for (uint32_t agent = 0; agent < fleet_agents; ++agent) {
    double rate = mixed_rates[agent % mixed_rates.size()];
    auto stream = learned_stream(random, rate, min_reference_runs, fleet_threshold());
    confirmed += runs_to_confirm(stream, random, fleet_threshold(), steps_per_week, [&](uint32_t) { return rate; }) <=
                 steps_per_week;
  }
  EXPECT_LE(confirmed, 2u);
}

TEST(evidence_simulation, a_drop_of_ten_points_is_found_within_300_runs) {
  noise random{13};
  constexpr int agents = 2'000;
  int found = 0;
  for (int agent = 0; agent < agents; ++agent) {
    auto stream = learned_stream(random, 0.95, max_reference_runs, fleet_threshold());
    found += runs_to_confirm(stream, random, fleet_threshold(), 300, [](uint32_t) { return 0.85; }) <= 300;
  }
  EXPECT_GE(found, 0.9 * agents);
}

TEST(evidence_simulation, ten_small_losses_are_found_before_the_third_and_the_fourth) {
  noise random{14};
  constexpr uint32_t step_runs = 500;
  std::vector<uint32_t> runs;
  for (int agent = 0; agent < 400; ++agent) {
    auto stream = learned_stream(random, 0.95, max_reference_runs, fleet_threshold());
    runs.push_back(runs_to_confirm(stream, random, fleet_threshold(), 10 * step_runs, [](uint32_t run) {
      double rate = 0.95;
      for (uint32_t loss = 0; loss <= (run - 1) / step_runs; ++loss)
        rate *= 0.96;
      return rate;
    }));
  }
  // The first loss comes before the first run, so the third comes after two steps.
  EXPECT_LE(quantile_of(runs, 0.5), 2 * step_runs);
  EXPECT_LE(quantile_of(runs, 0.9), 3 * step_runs);
}

TEST(evidence_simulation, durations_of_any_distribution_are_left_alone) {
  noise random{15};
  uint32_t confirmed = 0;
  for (uint32_t agent = 0; agent < fleet_agents / 4; ++agent) {
    number_stream stream;
    for (uint32_t run = 0; run < min_reference_runs + steps_per_week; ++run) {
      double value = agent % 2 ? random.pareto(1.5) : random.lognormal(0.8);
      auto change = add_run(stream, value, fleet_threshold());
      confirmed += change.before != drift_evidence::confirmed && change.after == drift_evidence::confirmed;
    }
  }
  EXPECT_LE(confirmed, 2u);
}

} // namespace
} // namespace hive::analysis
