#include "analysis/hive_estimate.hpp"

#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace hive::analysis {
namespace {

using nodes = std::vector<tool_sums>;

tool_sums measured(uint64_t n, uint64_t successes, uint64_t time_us) {
  tool_sums out;
  out.n = n;
  out.success_ppm = successes * ppm;
  out.time_us = wide_uint{n} * time_us;
  out.time_us2 = wide_uint{n} * time_us * time_us;
  out.log_ppm = wide_int{log_time_ppm(time_us)} * static_cast<wide_int>(n);
  return out;
}

TEST(estimate, of_one_node_is_its_word_to_the_last_digit) {
  auto alone = measured(4'000'000'000, 1'333'333'333, 7);
  EXPECT_EQ(estimate(nodes{alone}), alone);
  EXPECT_EQ(estimate({}), tool_sums{});
}

TEST(estimate, of_two_nodes_is_the_pool_of_their_records) {
  auto a = measured(900, 800, 10), b = measured(3, 1, 1'000);
  auto both = a;
  both += b;
  EXPECT_EQ(estimate(nodes{a, b}), both);
}

TEST(estimate, no_node_weighs_more_than_a_thousand_records) {
  auto got = estimate(nodes{measured(1'000'000, 0, 10), measured(1'000, 1'000, 30)});
  EXPECT_EQ(got.n, 1'001'000u) << "the true number all the same";
  EXPECT_DOUBLE_EQ(got.success_rate(), 0.5);
  EXPECT_DOUBLE_EQ(got.mean_time_s(), 20e-6);
}

TEST(estimate, one_liar_among_three_or_four_does_not_matter) {
  auto honest = nodes{measured(20, 16, 1'000'000), measured(50, 45, 1'200'000)};
  for (auto lie :
       {measured(max_tool_records, 0, max_task_time_us / 1'000), measured(max_tool_records, max_tool_records, 0)}) {
    auto three = honest;
    three.push_back(lie);
    EXPECT_GE(estimate(three).success_rate(), 0.8);
    EXPECT_LE(estimate(three).success_rate(), 0.9);
    EXPECT_GE(estimate(three).mean_time_s(), 1.0);
    EXPECT_LE(estimate(three).mean_time_s(), 1.2);
  }
}

TEST(estimate, sums_of_a_full_hive_stay_in_range) {
  tool_sums most;
  most.n = max_tool_records;
  most.success_ppm = max_tool_records * ppm;
  most.time_us = max_total_time_us;
  most.time_us2 = wide_uint{max_total_time_us} * max_task_time_us;
  most.log_ppm = static_cast<wide_int>(max_tool_records) * max_log_time_ppm;
  ASSERT_FALSE(check_sums(most));
  auto got = estimate(nodes(max_summed_origins, most));
  EXPECT_EQ(got.n, max_tool_records * max_summed_origins);
  EXPECT_DOUBLE_EQ(got.success_rate(), 1.0);
  EXPECT_NEAR(got.mean_time_s(), most.mean_time_s(), 1e-6);
}

TEST(estimate, stays_within_the_honest_nodes_range_whatever_liars_say) {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto count = trimmed_from + random() % 20;
    auto liars = random() % (trimmed_at_each_end(count) + 1);
    nodes all;
    double least_rate = 1, most_rate = 0, least_time = 1e9, most_time = 0;
    for (uint64_t i = 0; i < count - liars; ++i) {
      auto n = 1 + random() % (random() % 2 ? 10 : 100'000);
      all.push_back(measured(n, random() % (n + 1), 1 + random() % 10'000'000));
      least_rate = std::min(least_rate, all.back().success_rate());
      most_rate = std::max(most_rate, all.back().success_rate());
      least_time = std::min(least_time, all.back().mean_time_s());
      most_time = std::max(most_time, all.back().mean_time_s());
    }
    for (uint64_t i = 0; i < liars; ++i) {
      auto n = random() % 3 == 0 ? 1 : max_tool_records;
      all.push_back(measured(n, random() % 2 ? n : 0, random() % 2 ? 0 : 2'000'000'000));
    }
    auto got = estimate(all);
    constexpr double rounding = 1e-6;
    ASSERT_GE(got.success_rate(), least_rate - rounding);
    ASSERT_LE(got.success_rate(), most_rate + rounding);
    ASSERT_GE(got.mean_time_s(), least_time - rounding);
    ASSERT_LE(got.mean_time_s(), most_time + rounding);
    std::ranges::shuffle(all, random);
    ASSERT_EQ(estimate(all), got) << "their order does not matter";
  }
}

TEST(estimate, a_liar_changes_no_choice_of_the_honest_ones) {
  hive_tally hive;
  auto word = [](uint64_t good, uint64_t bad) {
    return std::vector<learned_tool>{{"fix", "good", measured(100, good, 1'000'000)},
                                     {"fix", "bad", measured(100, bad, 1'000'000)}};
  };
  for (int i = 0; i < 4; ++i)
    ASSERT_FALSE(hive.replace("honest" + std::to_string(i), word(90, 50)));
  std::vector<learned_tool> lie{{"fix", "good", measured(max_tool_records, 0, 1)},
                                {"fix", "bad", measured(max_tool_records, max_tool_records, 1)}};
  ASSERT_FALSE(hive.replace("liar", lie));
  auto best = best_tool(hive.tools("fix"));
  ASSERT_TRUE(best);
  EXPECT_EQ(best->tool, "good");
  EXPECT_DOUBLE_EQ(best->success_rate, 0.9);
  EXPECT_EQ(best->samples, 400 + max_tool_records);
}

} // namespace
} // namespace hive::analysis
