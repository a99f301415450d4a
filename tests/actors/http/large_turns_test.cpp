#include "actors/http/large_turns.hpp"

#include <gtest/gtest.h>

namespace hive::http {
namespace {

using std::chrono::seconds;
using turns = large_turns<int>;

const turns::time_point start{};

TEST(large_turns, few_are_worked_on_at_the_same_time_and_the_others_in_their_order) {
  turns all{2, 100};
  for (int i = 1; i <= 4; ++i)
    all.wait(i, start + seconds{10});
  EXPECT_EQ(all.next(0), 1);
  EXPECT_EQ(all.next(0), 2);
  EXPECT_EQ(all.next(0), std::nullopt);
  all.end();
  EXPECT_EQ(all.next(0), 3);
  EXPECT_EQ(all.waiting(), 1u);
}

TEST(large_turns, nothing_begins_while_answers_have_too_many_bytes) {
  turns all{2, 100};
  all.wait(1, start + seconds{10});
  EXPECT_EQ(all.next(100), std::nullopt);
  EXPECT_EQ(all.next(99), 1);
}

TEST(large_turns, who_waits_too_long_is_given_up) {
  turns all{1, 100};
  all.wait(1, start + seconds{10});
  all.wait(2, start + seconds{11});
  EXPECT_EQ(all.expired(start + seconds{9}), std::nullopt);
  EXPECT_EQ(all.expired(start + seconds{10}), 1);
  EXPECT_EQ(all.expired(start + seconds{10}), std::nullopt);
  EXPECT_EQ(all.next(0), 2);
}

} // namespace
} // namespace hive::http
