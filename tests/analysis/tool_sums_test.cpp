#include "analysis/tool_sums.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

tool_sums random_sums(std::mt19937_64& random) {
  std::uniform_int_distribution<uint64_t> time{0, max_task_time_us};
  tool_sums sums;
  for (auto n = 1 + random() % 5; n > 0; --n)
    sums += sums_of_record(time(random), random() % 2 == 0);
  return sums;
}

TEST(tool_sums, seconds_become_micros_rounded_to_the_nearest) {
  EXPECT_EQ(to_micros(0), 0u);
  EXPECT_EQ(to_micros(2.518), 2'518'000u);
  EXPECT_EQ(to_micros(0.0000014), 1u);
  EXPECT_EQ(to_micros(0.0000016), 2u);
  EXPECT_EQ(to_micros(604'800), max_task_time_us);
}

TEST(tool_sums, impossible_seconds_are_refused) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (double bad : {-0.001, -infinity, infinity, std::nan(""), 604'800.001, 1e300})
    EXPECT_FALSE(to_micros(bad)) << bad;
}

TEST(tool_sums, log_times_stay_in_range) {
  EXPECT_EQ(log_time_ppm(1'000'000), 0);
  EXPECT_EQ(log_time_ppm(2'718'282), 1'000'000);
  EXPECT_EQ(log_time_ppm(0), log_time_ppm(1));
  EXPECT_GT(log_time_ppm(0), -max_log_time_ppm);
  EXPECT_LT(log_time_ppm(max_task_time_us), max_log_time_ppm);
}

TEST(tool_sums, figures_come_out_of_the_sums) {
  tool_sums sums;
  EXPECT_EQ(sums.success_rate(), 0);
  EXPECT_EQ(sums.mean_time_s(), 0);
  EXPECT_EQ(sums.time_deviation_s(), 0);
  EXPECT_EQ(sums.geometric_mean_time_s(), 0);
  for (uint64_t seconds : {1, 4, 16})
    sums += sums_of_record(seconds * us_per_s, seconds != 4);
  EXPECT_EQ(sums.n, 3u);
  EXPECT_EQ(sums.successes(), 2u);
  EXPECT_DOUBLE_EQ(sums.success_rate(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(sums.mean_time_s(), 7);
  EXPECT_NEAR(sums.time_deviation_s(), std::sqrt(42), 1e-9);
  EXPECT_NEAR(sums.geometric_mean_time_s(), 4, 1e-5);
}

TEST(tool_sums, adding_is_commutative_and_associative_and_can_be_undone) {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    auto a = random_sums(random), b = random_sums(random), c = random_sums(random);
    auto ab = a, ba = b;
    ab += b;
    ba += a;
    ASSERT_EQ(ab, ba);
    auto left = ab, bc = b, right = a;
    left += c;
    bc += c;
    right += bc;
    ASSERT_EQ(left, right);
    left -= bc;
    ASSERT_EQ(left, a);
    ASSERT_FALSE(check_sums(right));
  }
}

TEST(tool_sums, the_largest_sums_of_the_largest_hive_fit) {
  tool_sums largest;
  largest.n = max_tool_records;
  largest.success_ppm = max_tool_records * ppm;
  largest.time_us = max_total_time_us;
  largest.time_us2 = static_cast<wide_uint>(max_total_time_us) * max_task_time_us;
  largest.log_ppm = static_cast<wide_int>(max_tool_records) * max_log_time_ppm;
  ASSERT_FALSE(check_sums(largest));
  tool_sums all;
  for (size_t i = 0; i < max_summed_origins; ++i)
    all += largest;
  EXPECT_EQ(all.success_rate(), 1);
  EXPECT_EQ(all.n, max_summed_origins << 32);
  EXPECT_DOUBLE_EQ(all.mean_time_s(), largest.mean_time_s());
  EXPECT_DOUBLE_EQ(all.time_deviation_s(), largest.time_deviation_s());
  for (size_t i = 1; i < max_summed_origins; ++i)
    all -= largest;
  EXPECT_EQ(all, largest);
}

TEST(tool_sums, impossible_sums_are_refused_with_the_reason) {
  tool_sums good;
  good += sums_of_record(3'000'000, true);
  good += sums_of_record(5'000'000, false);
  ASSERT_FALSE(check_sums(good));
  auto reason = [&](auto spoil) {
    auto bad = good;
    spoil(bad);
    auto broken = check_sums(bad);
    return broken ? broken->text : "accepted";
  };
  EXPECT_THAT(reason([](auto& s) { s.n = 0; }), HasSubstr("0 records"));
  EXPECT_THAT(reason([](auto& s) { s.n = max_tool_records + 1; }), HasSubstr("2^32"));
  EXPECT_THAT(reason([](auto& s) { s.success_ppm = 3 * ppm; }), HasSubstr("3 successes are more than 2 records"));
  EXPECT_THAT(reason([](auto& s) { s.time_us = 2 * max_task_time_us + 1; }), HasSubstr("sum of times"));
  EXPECT_THAT(reason([](auto& s) { s.time_us2 = 1; }), HasSubstr("squared"));
  EXPECT_THAT(reason([](auto& s) { s.time_us2 = ~wide_uint{0}; }), HasSubstr("squared"));
  EXPECT_THAT(reason([](auto& s) { s.log_ppm = 2 * max_log_time_ppm + 1; }), HasSubstr("log"));
  EXPECT_THAT(reason([](auto& s) { s.log_ppm = -2 * max_log_time_ppm - 1; }), HasSubstr("log"));
}

TEST(tool_sums, averages_come_back_as_they_were_sent) {
  std::mt19937_64 random{7};
  for (int i = 0; i < 1000; ++i) {
    double rate = static_cast<double>(random() % 1001) / 1000;
    double time = static_cast<double>(random() % 100'000) / 100;
    uint64_t count = 1 + random() % 100'000;
    tool_sums sums;
    ASSERT_FALSE(sums_of_averages(rate, time, count, sums)) << rate << " " << time << " " << count;
    ASSERT_EQ(sums.n, count);
    ASSERT_EQ(sums.success_rate(), rate);
    ASSERT_EQ(sums.mean_time_s(), time);
  }
}

TEST(tool_sums, impossible_averages_are_refused_and_leave_nothing) {
  tool_sums sums;
  auto refused = [&](double rate, double time, uint64_t count) {
    return sums_of_averages(rate, time, count, sums).has_value() && sums == tool_sums{};
  };
  EXPECT_TRUE(refused(1.001, 1, 5));
  EXPECT_TRUE(refused(-0.1, 1, 5));
  EXPECT_TRUE(refused(std::nan(""), 1, 5));
  EXPECT_TRUE(refused(0.5, -1, 5));
  EXPECT_TRUE(refused(0.5, std::nan(""), 5));
  EXPECT_TRUE(refused(0.5, 1, 0));
  EXPECT_TRUE(refused(0.5, 1, max_tool_records + 1));
  EXPECT_TRUE(refused(0.5, 604'800, max_tool_records)) << "more time than a sum holds";
}

TEST(recent_outcomes, keeps_the_newest_twenty) {
  recent_outcomes recent;
  EXPECT_EQ(recent.newest(), 0u);
  for (uint64_t number = 1; number <= 50; ++number)
    recent.push(number, number % 5 == 0);
  EXPECT_EQ(recent.size(), recent_outcomes::capacity);
  EXPECT_EQ(recent.newest(), 50u);
  EXPECT_EQ(recent.successes(), 4u);
  EXPECT_EQ(recent.packed().front(), 31u * 2);
}

TEST(recent_outcomes, joined_windows_are_the_window_of_the_whole) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    recent_outcomes whole;
    std::vector<recent_outcomes> parts(3);
    for (uint64_t number = 1, count = random() % 90; number <= count; ++number) {
      bool success = random() % 2 == 0;
      whole.push(number, success);
      parts[random() % parts.size()].push(number, success);
    }
    recent_outcomes joined;
    for (const auto& part : parts)
      joined.join(part);
    ASSERT_EQ(joined, whole);
  }
}

TEST(recent_outcomes, stored_form_is_read_back_or_refused) {
  recent_outcomes recent;
  recent.push(3, true);
  recent.push(9, false);
  auto read = recent_outcomes::from_packed(recent.packed());
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, recent);
  EXPECT_FALSE(recent_outcomes::from_packed(std::vector<uint64_t>{8, 9})) << "the same record twice";
  EXPECT_FALSE(recent_outcomes::from_packed(std::vector<uint64_t>{9, 4})) << "newest first";
  EXPECT_FALSE(recent_outcomes::from_packed(std::vector<uint64_t>{1})) << "there is no record 0";
  std::vector<uint64_t> long_one(recent_outcomes::capacity + 1);
  std::iota(long_one.begin(), long_one.end(), 1);
  EXPECT_FALSE(recent_outcomes::from_packed(long_one));
}

} // namespace
} // namespace hive::analysis
