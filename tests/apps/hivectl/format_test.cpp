#include "apps/hivectl/format.hpp"

#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

constexpr int64_t second = 1'000'000;
constexpr int64_t now = 1'771'934'400 * second;

std::string age(int64_t seconds) {
  return format_age(now - seconds * second, now);
}

TEST(format, age_is_in_the_largest_unit_that_holds_it) {
  EXPECT_EQ(age(0), "now");
  EXPECT_EQ(age(1), "1 second ago");
  EXPECT_EQ(age(59), "59 seconds ago");
  EXPECT_EQ(age(60), "1 minute ago");
  EXPECT_EQ(age(3'599), "59 minutes ago");
  EXPECT_EQ(age(3'600), "1 hour ago");
  EXPECT_EQ(age(86'399), "23 hours ago");
  EXPECT_EQ(age(86'400), "1 day ago");
  EXPECT_EQ(age(29 * 86'400), "29 days ago");
  EXPECT_EQ(age(61 * 86'400), "2 months ago");
  EXPECT_EQ(age(800 * 86'400), "2 years ago");
}

TEST(format, age_of_what_lies_ahead_says_so) {
  EXPECT_EQ(age(-1), "in 1 second");
  EXPECT_EQ(age(-7'200), "in 2 hours");
}

TEST(format, age_of_no_time_is_empty) {
  EXPECT_EQ(format_age(0, now), "");
  EXPECT_EQ(format_age(now, 0).substr(0, 3), "in ");
}

TEST(format, bytes_are_in_the_largest_unit_that_holds_them) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1'023), "1023 B");
  EXPECT_EQ(format_bytes(1'024), "1.0 KiB");
  EXPECT_EQ(format_bytes(uint64_t{256} << 20), "256.0 MiB");
  EXPECT_EQ(format_bytes(UINT64_MAX), "16.0 EiB");
}

} // namespace
} // namespace hive::ctl
