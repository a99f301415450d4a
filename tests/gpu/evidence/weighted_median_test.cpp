#include "gpu/evidence/weighted_median.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace hive::gpu {
namespace {

using namespace std::chrono_literals;

TEST(weighted_median, weighs_by_time) {
  weighted_median clock;
  EXPECT_TRUE(std::isnan(clock.value()));
  clock.add(1980, 1s);
  EXPECT_EQ(clock.value(), 1980);
  clock.add(300, 3s);
  EXPECT_EQ(clock.value(), 300);
  clock.add(1500, 10s);
  EXPECT_EQ(clock.value(), 1500);
}

TEST(weighted_median, a_value_without_a_time_counts) {
  weighted_median clock;
  clock.add(1980, 0s);
  EXPECT_EQ(clock.value(), 1980);
}

TEST(weighted_median, is_exact_for_as_many_values_as_it_tells_apart) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  std::vector<uint32_t> all;
  weighted_median clock;
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(static_cast<uint32_t>(random() % weighted_median::max_values) * 15);
    clock.add(all.back(), 1s);
  }
  std::ranges::sort(all);
  EXPECT_EQ(clock.value(), all[all.size() / 2 - 1]);
}

TEST(weighted_median, is_close_for_more_values) {
  weighted_median clock;
  for (uint32_t i = 0; i < 100'000; ++i)
    clock.add(i * 7 % 5'000, 1s);
  EXPECT_NEAR(clock.value(), 2'500, 100);
}

} // namespace
} // namespace hive::gpu
