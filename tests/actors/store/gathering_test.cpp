#include "actors/store/gathering.hpp"

#include "actors/defaults.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::chrono::steady_clock::time_point answered{1h};
constexpr last_group sixteen{.sets = 16, .sync = 400us, .answered = answered};

TEST(time_to_gather, waits_for_as_many_as_the_last_group_had) {
  EXPECT_EQ(time_to_gather(sixteen, 15, answered), 100us);
  EXPECT_EQ(time_to_gather(sixteen, 16, answered), 0ns);
  EXPECT_EQ(time_to_gather(sixteen, 17, answered), 0ns);
}

TEST(time_to_gather, waits_until_a_quarter_of_the_last_sync_after_the_answers) {
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 30us), 70us);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 99us), 1us);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 100us), 0ns);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 1h), 0ns) << "whoever comes later waits for nobody";
}

TEST(time_to_gather, waits_for_nobody_after_a_lone_write_and_at_first) {
  EXPECT_EQ(time_to_gather({}, 1, answered), 0ns);
  EXPECT_EQ(time_to_gather({.sets = 1, .sync = 400us, .answered = answered}, 0, answered), 0ns);
  EXPECT_EQ(time_to_gather({.sets = 1, .sync = 400us, .answered = answered}, 1, answered), 0ns);
}

TEST(time_to_gather, does_not_wait_longer_after_a_disk_that_hung) {
  last_group slow{.sets = 2, .sync = 30s, .answered = answered};
  EXPECT_EQ(time_to_gather(slow, 1, answered), nanoseconds{defaults::max_gathering});
  EXPECT_EQ(time_to_gather(slow, 1, answered + defaults::max_gathering), 0ns);
}

} // namespace
} // namespace hive
