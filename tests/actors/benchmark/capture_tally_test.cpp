#include "actors/benchmark/capture_tally.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(capture_tally, sees_what_ran_at_any_time_since) {
  capture_tally tally;
  auto nothing = tally.now();
  EXPECT_EQ(tally.seen_since(nothing), 0u);
  auto first = tally.begin();
  auto during = tally.now();
  EXPECT_EQ(tally.seen_since(during), 1u);
  EXPECT_EQ(tally.seen_since(nothing), 1u) << "it began meanwhile";
  auto second = tally.begin();
  EXPECT_EQ(tally.seen_since(during), 2u);
  second.reset();
  EXPECT_EQ(tally.seen_since(during), 2u) << "it began and ended meanwhile";
  EXPECT_EQ(tally.seen_since(tally.now()), 1u);
  first.reset();
  EXPECT_EQ(tally.seen_since(during), 2u) << "it ended meanwhile";
  EXPECT_EQ(tally.seen_since(tally.now()), 0u);
}

TEST(capture_tally, a_capture_may_outlive_it) {
  std::shared_ptr<const void> running;
  {
    capture_tally tally;
    running = tally.begin();
  }
  running.reset();
}

} // namespace
} // namespace hive
