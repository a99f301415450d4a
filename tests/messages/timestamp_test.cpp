#include "messages/timestamp.hpp"
#include "tests/support/seed.hpp"

#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

TEST(timestamp, what_is_written_reads_back) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  for (int round = 0; round < 10'000; ++round) {
    auto micros = static_cast<int64_t>(random() % (max_unix_micros + 1));
    ASSERT_EQ(parse_iso8601(format_iso8601(micros)), micros) << format_iso8601(micros);
  }
  EXPECT_EQ(parse_iso8601(format_iso8601(0)), 0);
  EXPECT_EQ(format_iso8601(max_unix_micros), "9999-12-31T23:59:59.999999Z");
}

TEST(timestamp, times_that_cannot_be_written_become_the_nearest_that_can) {
  EXPECT_EQ(format_iso8601(INT64_MIN), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(-1), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_iso8601(INT64_MAX), "9999-12-31T23:59:59.999999Z");
}

TEST(timestamp, offsets_are_taken_into_account) {
  EXPECT_EQ(parse_iso8601("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(parse_iso8601("1969-12-31T23:00:00-01:00"), std::nullopt) << "its year is before 1970";
  EXPECT_EQ(parse_iso8601("1970-01-01T00:00:00+00:01"), std::nullopt);
  EXPECT_EQ(parse_iso8601("9999-12-31T23:59:59-00:01"), std::nullopt);
  EXPECT_EQ(parse_iso8601("2026-02-24T12:00:00-05:30"), parse_iso8601("2026-02-24T17:30:00Z"));
}

} // namespace
} // namespace hive
