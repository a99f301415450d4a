#include "gpu/kernels/warp.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <array>
#include <barrier>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <thread>
#include <vector>

namespace hive::kernels {
namespace {

using lanes = std::array<float, warp_lanes>;

lanes random_lanes(uint32_t seed) {
  std::mt19937 random{seed};
  std::uniform_real_distribution<float> values{-100, 100};
  lanes out;
  std::generate(out.begin(), out.end(), [&] { return values(random); });
  return out;
}

/// Runs reduce_lanes as a device does: all lanes at once, exchanging values that they hold at the same time.
template <class Op>
lanes reduce_at_once(const lanes& values, Op op) {
  std::barrier turn{warp_lanes};
  lanes shown{};
  lanes out{};
  std::vector<std::jthread> threads;
  for (int lane = 0; lane < warp_lanes; ++lane)
    threads.emplace_back([&, lane] {
      auto exchange = [&](float mine, int bit) {
        shown[static_cast<size_t>(lane)] = mine;
        turn.arrive_and_wait();
        auto theirs = shown[static_cast<size_t>(lane ^ bit)];
        turn.arrive_and_wait();
        return theirs;
      };
      out[static_cast<size_t>(lane)] = reduce_lanes(values[static_cast<size_t>(lane)], exchange, op);
    });
  threads.clear();
  return out;
}

TEST(warp, all_lanes_get_the_sum_and_the_host_adds_in_the_same_order) {
  HIVE_RANDOM_SEED(seed);
  auto values = random_lanes(seed);
  auto at_once = reduce_at_once(values, add_op{});
  auto on_host = host_warp{}.reduce<float>([&](int lane) { return values[static_cast<size_t>(lane)]; }, add_op{});
  auto exact = std::accumulate(values.begin(), values.end(), 0.);
  for (auto each : at_once)
    EXPECT_EQ(each, on_host);
  EXPECT_NEAR(on_host, exact, 1e-3);
}

TEST(warp, all_lanes_get_the_largest_wherever_it_is) {
  for (size_t at = 0; at < warp_lanes; ++at) {
    lanes values{};
    values.fill(-5);
    values[at] = -1;
    EXPECT_EQ(host_warp{}.reduce<float>([&](int lane) { return values[static_cast<size_t>(lane)]; }, max_op{}), -1);
  }
  HIVE_RANDOM_SEED(seed);
  auto values = random_lanes(seed);
  for (auto each : reduce_at_once(values, max_op{}))
    EXPECT_EQ(each, *std::max_element(values.begin(), values.end()));
}

TEST(warp, each_lane_works_once) {
  std::array<int, warp_lanes> turns{};
  host_warp{}.each([&](int lane) { ++turns[static_cast<size_t>(lane)]; });
  EXPECT_EQ(std::count(turns.begin(), turns.end(), 1), warp_lanes);
}

} // namespace
} // namespace hive::kernels
