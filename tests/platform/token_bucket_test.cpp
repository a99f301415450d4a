#include "platform/token_bucket.hpp"

#include "tests/support/seed.hpp"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace hive {
namespace {

using namespace std::chrono_literals;
using time_point = token_bucket::time_point;

const time_point start{1000h};

TEST(token_bucket, lets_a_burst_through_and_says_how_long_the_next_one_waits) {
  token_bucket bucket;
  const event_rate rate{.per_s = 2, .burst = 3};
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(bucket.take(rate, start)) << i;
  EXPECT_EQ(bucket.take(rate, start), 500ms);
  EXPECT_EQ(bucket.take(rate, start + 100ms), 400ms) << "what was refused has cost nothing";
  EXPECT_FALSE(bucket.take(rate, start + 500ms));
  EXPECT_TRUE(bucket.take(rate, start + 500ms));
}

TEST(token_bucket, saves_up_no_more_than_a_burst) {
  token_bucket bucket;
  const event_rate rate{.per_s = 10, .burst = 2};
  EXPECT_FALSE(bucket.take(rate, start));
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(bucket.take(rate, start + 24h));
  EXPECT_TRUE(bucket.take(rate, start + 24h));
}

TEST(token_bucket, is_unlimited_without_a_rate) {
  token_bucket bucket;
  for (int i = 0; i < 1'000; ++i)
    EXPECT_FALSE(bucket.take({}, start));
}

TEST(token_bucket, a_new_rate_counts_from_the_next_event_on) {
  token_bucket bucket;
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(bucket.take({.per_s = 1, .burst = 10}, start));
  EXPECT_EQ(bucket.take({.per_s = 1, .burst = 1}, start), 10s) << "a smaller burst is not forgiven";
  EXPECT_FALSE(bucket.take({.per_s = 1, .burst = 100}, start));
}

/// In every span no more than burst + per_s * span, whoever asks whenever; and a wait is neither too short nor too
/// long.
TEST(token_bucket, keeps_its_bound_in_every_span) {
  const auto first = random_seed();
  for (uint32_t run = 0; run < 1'000; ++run) {
    auto seed = first + run;
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    event_rate rate{.per_s = std::uniform_real_distribution{0.01, 200.0}(random),
                    .burst = static_cast<double>(std::uniform_int_distribution{1, 20}(random))};
    token_bucket bucket;
    auto now = start;
    std::vector<time_point> passed;
    for (int step = 0; step < 200; ++step) {
      auto scale = std::uniform_int_distribution{0, 3}(random) == 0 ? 5 / rate.per_s : 0.1 / rate.per_s;
      now += std::chrono::duration_cast<token_bucket::duration>(
        std::chrono::duration<double>{std::uniform_real_distribution{0.0, scale}(random)});
      auto copy = bucket;
      auto wait = bucket.take(rate, now);
      if (!wait) {
        passed.push_back(now);
        continue;
      }
      EXPECT_GT(*wait, 0ns);
      auto early = copy;
      if (*wait > 1ms) {
        EXPECT_TRUE(early.take(rate, now + *wait - 1ms - *wait / 1'000));
      }
      EXPECT_FALSE(copy.take(rate, now + *wait));
    }
    for (size_t from = 0; from < passed.size(); ++from)
      for (size_t to = from; to < passed.size(); ++to)
        ASSERT_LE(static_cast<double>(to - from + 1),
                  rate.burst + rate.per_s * std::chrono::duration<double>(passed[to] - passed[from]).count() + 1e-3);
  }
}

} // namespace
} // namespace hive
