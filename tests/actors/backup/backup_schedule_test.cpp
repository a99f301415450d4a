#include "actors/backup/backup_schedule.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;

constexpr int64_t minute = 60'000'000;
constexpr int64_t now = 1'000'000 * minute;

TEST(backup_schedule, the_age_of_the_newest_counts) {
  backup_schedule schedule{.every = 24h};
  EXPECT_TRUE(schedule.is_due(now)); // there is none
  schedule.last_success = now - 24 * 60 * minute + 1;
  EXPECT_FALSE(schedule.is_due(now));
  EXPECT_TRUE(schedule.is_due(now + 1));
}

TEST(backup_schedule, without_an_interval_none_is_due) {
  EXPECT_FALSE(backup_schedule{}.is_due(now));
}

TEST(backup_schedule, one_of_the_future_is_not_waited_for) {
  EXPECT_TRUE((backup_schedule{.every = 24h, .last_success = now + minute}.is_due(now)));
}

TEST(backup_schedule, a_failure_is_not_repeated_at_once) {
  backup_schedule schedule{.every = 24h, .last_failure = now};
  EXPECT_FALSE(schedule.is_due(now + minute));
  EXPECT_TRUE(schedule.is_due(now + 10 * minute));
  EXPECT_EQ(schedule.next_look(now), 10min);
}

TEST(backup_schedule, looks_again_when_the_clock_may_have_been_set) {
  EXPECT_EQ((backup_schedule{.every = 24h, .last_success = now}.next_look(now)), 10min);
  EXPECT_EQ((backup_schedule{.every = 3min, .last_success = now}.next_look(now)), 3min);
  EXPECT_EQ((backup_schedule{.every = 24h}.next_look(now)), 1s);
}

} // namespace
} // namespace hive
