#include "apps/hivectl/suggestion.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::ctl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> commands{"snapshot", "status", "benchmark", "tool", "task"};

TEST(suggestion, counts_each_kind_of_mistake_once) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("snapsot", "snapshot"), 1U);
  EXPECT_EQ(edit_distance("snapshott", "snapshot"), 1U);
  EXPECT_EQ(edit_distance("snapzhot", "snapshot"), 1U);
  EXPECT_EQ(edit_distance("sanpshot", "snapshot"), 1U) << "neighbours that are swapped are one mistake";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(suggestion, is_symmetric) {
  for (const auto& a : commands)
    for (const auto& b : commands)
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << ' ' << b;
}

TEST(suggestion, names_what_is_near) {
  EXPECT_THAT(nearest("snapsot", commands), ElementsAre("snapshot"));
  EXPECT_THAT(nearest("sna", commands), ElementsAre("snapshot")) << "a beginning";
  EXPECT_THAT(nearest("tol", commands), ElementsAre("tool"));
  EXPECT_THAT(nearest("s", commands), IsEmpty()) << "one character may be anything";
  EXPECT_THAT(nearest("weather", commands), IsEmpty());
  EXPECT_THAT(nearest("", commands), IsEmpty());
  EXPECT_THAT(nearest("--", {"--json"}), IsEmpty());
  EXPECT_THAT(nearest(std::string(100'000, 's'), commands), IsEmpty());
}

TEST(suggestion, names_the_nearest_first_and_at_most_three) {
  EXPECT_THAT(nearest("--polcy", {"--police", "--policy", "--palette", "--url"}), ElementsAre("--policy", "--police"));
  EXPECT_THAT(nearest("aaaaaa", {"aaaaab", "aaaabb", "aaaaac", "aaaaad"}), ElementsAre("aaaaab", "aaaaac", "aaaaad"));
}

TEST(suggestion, asks_in_words) {
  EXPECT_EQ(did_you_mean({}), "");
  EXPECT_EQ(did_you_mean({"a"}), "; did you mean a?");
  EXPECT_EQ(did_you_mean({"a", "b", "c"}), "; did you mean a, b or c?");
}

} // namespace
} // namespace hive::ctl
