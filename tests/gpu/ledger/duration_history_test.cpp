#include "gpu/ledger/duration_history.hpp"

#include <gtest/gtest.h>

namespace hive::gpu {
namespace {

using namespace std::chrono_literals;

TEST(duration_history, declares_nothing_from_too_few_leases) {
  duration_history history;
  for (size_t i = 1; i < duration_history::min_samples; ++i)
    history.add("h", 100s);
  EXPECT_EQ(history.declare("h"), std::nullopt);
  history.add("h", 100s);
  EXPECT_EQ(history.declare("h"), 150s);
  EXPECT_EQ(history.declare("other"), std::nullopt);
}

TEST(duration_history, declares_one_and_a_half_times_the_95th_percentile) {
  duration_history history;
  for (int i = 20; i > 0; --i)
    history.add("h", i * 100s);
  EXPECT_EQ(history.declare("h"), 2'850s) << "the 19th of 20";
  history.add("h", 2'100s);
  EXPECT_EQ(history.declare("h"), 3'000s) << "the 20th of 21: 19.95 is rounded up";
}

TEST(duration_history, an_outlier_among_a_hundred_does_not_count) {
  duration_history history;
  for (size_t i = 0; i < duration_history::max_samples - 1; ++i)
    history.add("h", 100s);
  history.add("h", 100h);
  EXPECT_EQ(history.declare("h"), 150s);
}

TEST(duration_history, the_oldest_leases_are_forgotten) {
  duration_history history;
  for (size_t i = 0; i < 50; ++i)
    history.add("h", 1h);
  for (size_t i = 0; i < duration_history::max_samples; ++i)
    history.add("h", 100s);
  EXPECT_EQ(history.declare("h"), 150s);
}

TEST(duration_history, declares_ten_seconds_at_least) {
  duration_history history;
  for (size_t i = 0; i < duration_history::min_samples; ++i)
    history.add("h", 1s);
  EXPECT_EQ(history.declare("h"), duration_history::shortest);
}

TEST(duration_history, remembers_a_bounded_number_of_holders) {
  duration_history history;
  for (size_t round = 0; round < duration_history::min_samples; ++round)
    for (size_t i = 0; i <= duration_history::max_holders; ++i)
      history.add(std::to_string(i), 100s);
  EXPECT_TRUE(history.declare(std::to_string(duration_history::max_holders - 1)));
  EXPECT_FALSE(history.declare(std::to_string(duration_history::max_holders)));
}

} // namespace
} // namespace hive::gpu
