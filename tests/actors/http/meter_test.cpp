#include "actors/http/meter.hpp"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace hive::http {
namespace {

using namespace std::chrono_literals;

TEST(meter, a_share_goes_with_its_owner) {
  auto all = std::make_shared<meter>();
  {
    meter::share one{all, 3};
    meter::share two{all, 4};
    EXPECT_EQ(all->total(), 7u);
    two = std::move(one);
    EXPECT_EQ(all->total(), 3u) << "what it held before is given back";
    two.set(10);
    EXPECT_EQ(all->total(), 10u);
    meter::share three{std::move(two)};
    two.release();
    EXPECT_EQ(all->total(), 10u);
    EXPECT_FALSE(all->wait_zero(0ms));
  }
  EXPECT_EQ(all->total(), 0u);
  EXPECT_TRUE(all->wait_zero(0ms));
}

TEST(meter, the_last_share_wakes_who_waits) {
  auto all = std::make_shared<meter>();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([all, held = meter::share{all, 1}]() mutable {
      for (int round = 0; round < 1'000; ++round)
        held.set(1 + round % 7);
      held.release();
    });
  EXPECT_TRUE(all->wait_zero(60s));
  for (auto& thread : threads)
    thread.join();
}

} // namespace
} // namespace hive::http
