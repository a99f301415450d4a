#include "actors/hive/members/clock_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr clock_difference limit = 10s, year = 365 * 24h;
const node_id a{"a"}, b{"b"}, c{"c"}, d{"d"};

TEST(clock_watch, a_node_alone_and_clocks_that_agree_are_fine) {
  EXPECT_TRUE(compare_clocks({}, limit).is_fine());
  auto verdict = compare_clocks({{a, limit - 2ms}, {b, 2ms - limit}, {c, 1ms}}, limit);
  EXPECT_TRUE(verdict.is_fine());
  ASSERT_TRUE(verdict.hive_ahead);
}

TEST(clock_watch, one_of_three_is_found_by_all) {
  for (auto jump : {clock_difference{year}, clock_difference{-year}, limit + 5ms, -limit - 5ms}) {
    auto on_others = compare_clocks({{a, 3ms}, {b, jump}}, limit);
    EXPECT_FALSE(on_others.own_is_off);
    EXPECT_THAT(on_others.off, ElementsAre(b));
    auto on_it = compare_clocks({{a, -jump}, {c, -jump + 2ms}}, limit);
    EXPECT_TRUE(on_it.own_is_off) << jump.count();
    EXPECT_THAT(on_it.off, IsEmpty()) << "the others agree among themselves";
  }
}

TEST(clock_watch, two_that_differ_do_not_know_which_one_is_wrong) {
  auto verdict = compare_clocks({{a, year}}, limit);
  EXPECT_FALSE(verdict.own_is_off);
  EXPECT_FALSE(verdict.hive_ahead);
  EXPECT_THAT(verdict.off, ElementsAre(a));
}

TEST(clock_watch, no_majority_blames_nobody_for_sure) {
  auto verdict = compare_clocks({{a, year}, {b, -year}}, limit);
  EXPECT_FALSE(verdict.own_is_off);
  EXPECT_FALSE(verdict.hive_ahead);
  EXPECT_THAT(verdict.off, ElementsAre(a, b));
  auto halves = compare_clocks({{a, 0us}, {b, year}, {c, year}}, limit);
  EXPECT_FALSE(halves.hive_ahead);
  EXPECT_FALSE(halves.own_is_off);
}

TEST(clock_watch, a_minority_of_liars_moves_nothing) {
  auto verdict = compare_clocks({{a, 1s}, {b, -1s}, {c, year}, {d, year}}, limit);
  EXPECT_FALSE(verdict.own_is_off);
  EXPECT_THAT(verdict.off, ElementsAre(c, d));
}

TEST(clock_watch, the_round_trip_is_halved) {
  EXPECT_EQ(ahead_of(1'000'000, 1'500'000, 1s), 0us);
  EXPECT_EQ(ahead_of(2'000'000, 1'500'000, 1s), 1s);
  EXPECT_EQ(ahead_of(0, 1'500'000, 1s), -1s);
}

TEST(clock_watch, a_step_of_the_own_clock_is_blamed_on_no_other) {
  for (auto step : {clock_difference{year}, clock_difference{-year}}) {
    clock_watch watch{limit};
    std::chrono::steady_clock::time_point steady{1h};
    int64_t clock = 1'000'000'000;
    watch.follow_own(steady, clock);
    for (const auto& node : {a, b, c})
      watch.update(node, 2ms);
    steady += 5s;
    clock += 5'000'000;
    watch.follow_own(steady, clock);
    EXPECT_TRUE(watch.verdict().is_fine());
    clock += step.count();
    watch.follow_own(steady, clock);
    EXPECT_TRUE(watch.verdict().own_is_off) << "before any other node has answered";
    EXPECT_THAT(watch.verdict().off, IsEmpty());
    EXPECT_EQ(watch.ahead(a), 2ms - step);
    watch.update(a, 2ms - step);
    EXPECT_THAT(watch.verdict().off, IsEmpty());
    watch.follow_own(steady, clock - step.count());
    EXPECT_TRUE(watch.verdict().is_fine()) << "it was set right again";
  }
}

TEST(clock_watch, a_slewed_clock_is_followed_when_it_adds_up) {
  clock_watch watch{limit};
  watch.follow_own(std::chrono::steady_clock::time_point{1h}, 0);
  watch.update(a, 0us);
  for (int i = 1; i <= 300; ++i) // 50 ms each
    watch.follow_own(std::chrono::steady_clock::time_point{1h}, i * 50'000);
  EXPECT_LE(std::chrono::abs(watch.ahead(a) + 15s), 100ms);
}

TEST(clock_watch, reports_changes_once_and_names_the_clocks) {
  clock_watch watch{limit};
  EXPECT_FALSE(watch.has_changed());
  watch.update(a, 5ms);
  watch.update(b, -5ms);
  EXPECT_FALSE(watch.has_changed());
  EXPECT_EQ(watch.text(), "");
  watch.update(b, year);
  EXPECT_TRUE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
  EXPECT_THAT(watch.text(), HasSubstr("the clock of node b is 31536000 s ahead of"));
  watch.update(b, year + 1s);
  EXPECT_FALSE(watch.has_changed()) << "the same clock is off by a little more";
  watch.update(a, year);
  EXPECT_TRUE(watch.has_changed());
  EXPECT_THAT(watch.text(), HasSubstr("this node's clock is 31536000 s behind"));
  watch.forget(a);
  EXPECT_TRUE(watch.has_changed());
  EXPECT_THAT(watch.text(), HasSubstr("too few others say which one is right"));
  watch.forget(b);
  EXPECT_TRUE(watch.has_changed());
  EXPECT_TRUE(watch.verdict().is_fine());
  watch.forget(b);
  EXPECT_FALSE(watch.has_changed());
}

} // namespace
} // namespace hive
