#include "actors/store/gathering.hpp"

#include "actors/defaults.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::chrono::steady_clock::time_point answered{1h};
constexpr last_group sixteen{.sets = 16, .quickest_write = 100us, .answered = answered};

TEST(time_to_gather, waits_for_as_many_as_the_last_group_had) {
  EXPECT_EQ(time_to_gather(sixteen, 15, answered), 100us);
  EXPECT_EQ(time_to_gather(sixteen, 16, answered), 0ns);
  EXPECT_EQ(time_to_gather(sixteen, 17, answered), 0ns);
}

TEST(time_to_gather, waits_as_long_after_the_answers_as_the_quickest_write_took) {
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 30us), 70us);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 99us), 1us);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 100us), 0ns);
  EXPECT_EQ(time_to_gather(sixteen, 3, answered + 1h), 0ns) << "whoever comes later waits for nobody";
}

TEST(time_to_gather, waits_for_nobody_after_a_lone_write_and_at_first) {
  EXPECT_EQ(time_to_gather({}, 1, answered), 0ns);
  EXPECT_EQ(time_to_gather({.sets = 1, .quickest_write = 100us, .answered = answered}, 0, answered), 0ns);
  EXPECT_EQ(time_to_gather({.sets = 1, .quickest_write = 100us, .answered = answered}, 1, answered), 0ns);
}

TEST(time_to_gather, does_not_wait_longer_after_a_disk_that_hung) {
  last_group slow{.sets = 2, .quickest_write = 30s, .answered = answered};
  EXPECT_EQ(time_to_gather(slow, 1, answered), nanoseconds{defaults::max_gathering});
  EXPECT_EQ(time_to_gather(slow, 1, answered + defaults::max_gathering), 0ns);
}

TEST(quickest_write, is_that_of_the_recent_groups) {
  EXPECT_EQ(quickest_write(0ns, 3ms), 3ms) << "the first one";
  EXPECT_EQ(quickest_write(3ms, 1ms), 1ms);
  EXPECT_EQ(quickest_write(64us, 65us), 65us);
  EXPECT_EQ(quickest_write(64us, 1ms), 65us) << "a large group says little about a small one";
  auto after_many = 64us + 0ns;
  for (int group = 0; group < 200; ++group)
    after_many = quickest_write(after_many, 1ms);
  EXPECT_EQ(after_many, 1ms) << "the disk has become slower";
}

} // namespace
} // namespace hive
