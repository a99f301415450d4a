#include "analysis/history_culprits.hpp"

#include <gtest/gtest.h>

namespace hive::analysis {
namespace {

using versions = std::vector<version_values>;
using list = std::vector<size_t>;

culprits culprits_of(const versions& of, size_t change) {
  return std::get<culprits>(history_culprits(of, change));
}

std::string reason_of(const versions& of, size_t change) {
  auto result = history_culprits(of, change);
  auto* refused = std::get_if<refusal>(&result);
  return refused ? refused->text : "accepted";
}

TEST(history_culprits, a_change_at_a_border_is_due_to_the_later_version) {
  auto found = culprits_of({{0, 10}, {10, 20}, {20, 30}}, 20);
  EXPECT_EQ(found.before, 1u);
  EXPECT_EQ(found.after, 2u);
  EXPECT_EQ(found.suspects, list{2});
}

TEST(history_culprits, versions_that_were_not_measured_are_suspects_too) {
  auto found = culprits_of({{0, 10}, {10, 10}, {10, 10}, {10, 20}, {20, 20}}, 10);
  EXPECT_EQ(found.before, 0u);
  EXPECT_EQ(found.after, 3u);
  EXPECT_EQ(found.suspects, (list{1, 2, 3}));
}

TEST(history_culprits, near_borders_come_in_the_order_of_their_distance) {
  // One value per version: the change may be off by two.
  versions each;
  for (size_t i = 0; i < 10; ++i)
    each.push_back({i, i + 1});
  EXPECT_EQ(culprits_of(each, 5).suspects, (list{5, 4, 6, 3, 7}));
  EXPECT_EQ(culprits_of(each, 1).suspects, (list{1, 2, 3}));
  auto off_by_one = culprits_of({{0, 10}, {10, 20}}, 11);
  EXPECT_EQ(off_by_one.before, 1u);
  EXPECT_EQ(off_by_one.after, 1u);
  EXPECT_EQ(off_by_one.suspects, list{1});
}

TEST(history_culprits, a_change_within_a_version_has_another_cause) {
  auto found = culprits_of({{0, 10}, {10, 30}, {30, 40}}, 20);
  EXPECT_EQ(found.before, 1u);
  EXPECT_EQ(found.after, 1u);
  EXPECT_EQ(found.suspects, list{});
}

TEST(history_culprits, what_does_not_fit_is_refused) {
  EXPECT_EQ(reason_of({{0, 10}, {11, 20}}, 5), "the values of version 1 do not begin where those before it end");
  EXPECT_EQ(reason_of({{1, 10}}, 5), "the values of version 0 do not begin where those before it end");
  EXPECT_EQ(reason_of({{0, 10}, {10, 8}}, 5), "the values of version 1 do not begin where those before it end");
  EXPECT_EQ(reason_of({{0, 10}}, 0), "a change at value 0 is outside of 10 values");
  EXPECT_EQ(reason_of({{0, 10}}, 10), "a change at value 10 is outside of 10 values");
  EXPECT_EQ(reason_of({}, 1), "a change at value 1 is outside of 0 values");
}

} // namespace
} // namespace hive::analysis
