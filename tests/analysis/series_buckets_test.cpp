#include "analysis/series_buckets.hpp"

#include "tests/support/seed.hpp"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <random>

namespace hive::analysis {
namespace {

using testing::ElementsAre;

/// A capture with a value that counts.
capture_range value(uint64_t capture, double what) {
  return {capture, capture, static_cast<int64_t>(capture * 10), static_cast<int64_t>(capture * 10), what, what, what,
          1,       0};
}

/// A capture whose value does not count.
capture_range left_out(uint64_t capture) {
  auto out = value(capture, std::numeric_limits<double>::quiet_NaN());
  out.count = 0;
  out.left_out = 1;
  return out;
}

std::vector<capture_range> random_captures(std::mt19937& random, size_t count) {
  std::vector<capture_range> out;
  uint64_t capture = 0;
  for (size_t i = 0; i < count; ++i) {
    capture += 1 + random() % 5;
    out.push_back(random() % 4 == 0 ? left_out(capture) : value(capture, std::normal_distribution<>{100, 10}(random)));
  }
  return out;
}

double exact_median(std::vector<double> values) {
  std::ranges::sort(values);
  auto half = values.size() / 2;
  return values.size() % 2 ? values[half] : values[half - 1] / 2 + values[half] / 2;
}

/// Checks a bucket against the captures in it, which begin at `from`; returns where the next begins.
size_t check_bucket(const capture_range& bucket, const std::vector<capture_range>& captures, size_t from, bool exact) {
  auto end = from + bucket.captures();
  EXPECT_LE(end, captures.size());
  EXPECT_EQ(bucket.first_capture, captures[from].first_capture);
  EXPECT_EQ(bucket.last_capture, captures[end - 1].last_capture);
  EXPECT_EQ(bucket.from, captures[from].from);
  EXPECT_EQ(bucket.to, captures[end - 1].to);
  std::vector<double> values;
  for (size_t i = from; i < end; ++i)
    if (captures[i].count)
      values.push_back(captures[i].median);
  EXPECT_EQ(bucket.count, values.size());
  if (values.empty()) {
    EXPECT_TRUE(std::isnan(bucket.least) && std::isnan(bucket.most) && std::isnan(bucket.median));
    return end;
  }
  EXPECT_EQ(bucket.least, std::ranges::min(values));
  EXPECT_EQ(bucket.most, std::ranges::max(values));
  EXPECT_GE(bucket.median, bucket.least);
  EXPECT_LE(bucket.median, bucket.most);
  if (exact) {
    EXPECT_EQ(bucket.median, exact_median(values));
  }
  return end;
}

TEST(series_buckets, hold_each_capture_once_with_true_extremes) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 300; ++round) {
    auto captures = random_captures(random, 1 + random() % 500);
    auto most = 1 + random() % 60;
    auto buckets = to_buckets(captures, most);
    EXPECT_EQ(buckets.size(), std::min<size_t>(most, captures.size()));
    size_t at = 0;
    for (const auto& each : buckets)
      at = check_bucket(each, captures, at, true);
    EXPECT_EQ(at, captures.size());
    auto sizes =
      std::minmax_element(buckets.begin(), buckets.end(), [](auto& a, auto& b) { return a.captures() < b.captures(); });
    EXPECT_LE(sizes.second->captures() - sizes.first->captures(), 1u) << "they are as equal as can be";
  }
}

TEST(series_buckets, of_summaries_have_true_extremes_too) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 300; ++round) {
    auto captures = random_captures(random, 1 + random() % 2'000);
    std::vector<capture_range> summaries;
    for (size_t at = 0; at < captures.size();) {
      auto size = std::min<size_t>(1 + random() % 20, captures.size() - at);
      summaries.push_back(join(std::span{captures}.subspan(at, size)));
      at += size;
    }
    auto most = 1 + random() % 60;
    auto buckets = to_buckets(summaries, most);
    EXPECT_LE(buckets.size(), most);
    size_t at = 0;
    for (const auto& each : buckets)
      at = check_bucket(each, captures, at, false);
    EXPECT_EQ(at, captures.size());
  }
}

TEST(series_buckets, a_median_of_medians_weighs_them_by_their_counts) {
  auto heavy = value(1, 5), light = value(2, 9);
  heavy.count = 3;
  EXPECT_EQ(join(std::vector{heavy, light}).median, 5);
  light.count = 3;
  EXPECT_EQ(join(std::vector{heavy, light}).median, 7);
  EXPECT_EQ(join(std::vector{left_out(1), light, left_out(3)}).median, 9);
}

TEST(series_buckets, of_nothing_are_none) {
  EXPECT_TRUE(to_buckets({}, 10).empty());
}

} // namespace
} // namespace hive::analysis
