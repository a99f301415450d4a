#include "analysis/hive_statistics.hpp"

#include "analysis/hive_estimate.hpp"
#include "tests/analysis/refusal_text.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

using delta = std::vector<learned_tool>;
using sums_by_tool = std::map<std::string, tool_sums>;

learned_tool learned(std::string task, std::string tool, uint64_t n, uint64_t successes) {
  learned_tool out{std::move(task), std::move(tool), {}};
  for (uint64_t i = 0; i < n; ++i)
    out.sums += sums_of_record(1'000'000 + i, i < successes);
  return out;
}

delta random_delta(std::mt19937_64& random) {
  delta out;
  for (auto* task : {"fix", "review"})
    for (auto* tool : {"a", "b", "c"})
      if (random() % 2 == 0) {
        auto n = 1 + random() % 6;
        out.push_back(learned(task, tool, n, random() % (n + 1)));
      }
  return out;
}

sums_by_tool view(const hive_tally& hive, std::string_view task) {
  sums_by_tool out;
  for (const auto& tool : hive.tools(task))
    out[tool.tool] = tool.sums;
  return out;
}

TEST(hive_tally, estimates_are_those_of_the_newest_delta_of_each_origin) {
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    hive_tally hive;
    std::map<std::string, delta> newest;
    for (int step = 0; step < 20; ++step) {
      auto origin = "node" + std::to_string(random() % 4);
      if (random() % 5 == 0) {
        hive.remove(origin);
        newest.erase(origin);
      } else {
        newest[origin] = random_delta(random);
        ASSERT_FALSE(hive.replace(origin, newest[origin]));
        if (newest[origin].empty())
          newest.erase(origin);
      }
    }
    for (auto* task : {"fix", "review"}) {
      std::map<std::string, std::vector<tool_sums>> said;
      for (const auto& [origin, tools] : newest)
        for (const auto& tool : tools)
          if (tool.task_type == task)
            said[tool.tool].push_back(tool.sums);
      sums_by_tool expected;
      for (const auto& [tool, sums] : said)
        expected[tool] = estimate(sums);
      ASSERT_EQ(view(hive, task), expected);
    }
    ASSERT_EQ(hive.origins(), newest.size());
  }
}

TEST(hive_tally, order_of_origins_and_repetition_do_not_matter) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    std::vector<std::pair<std::string, delta>> heard;
    for (int i = 0; i < 5; ++i)
      heard.emplace_back("node" + std::to_string(i), random_delta(random));
    hive_tally once, again;
    for (const auto& [origin, tools] : heard)
      ASSERT_FALSE(once.replace(origin, tools));
    for (int round = 0; round < 3; ++round) {
      std::ranges::shuffle(heard, random);
      for (const auto& [origin, tools] : heard)
        ASSERT_FALSE(again.replace(origin, tools));
    }
    for (auto* task : {"fix", "review"})
      ASSERT_EQ(view(once, task), view(again, task));
  }
}

TEST(hive_tally, a_refused_delta_leaves_the_earlier_one) {
  hive_tally hive{{.origins = 2, .tools_per_origin = 3, .tools = 5, .tools_per_task = 3}};
  ASSERT_FALSE(hive.replace("n1", {learned("fix", "a", 5, 3), learned("fix", "b", 5, 5)}));
  ASSERT_FALSE(hive.replace("n2", {learned("fix", "a", 2, 2)}));
  auto before = view(hive, "fix");
  auto impossible = learned("fix", "a", 5, 3);
  impossible.sums.success_ppm = 6 * ppm;
  EXPECT_THAT(reason(hive.replace("n1", {learned("fix", "z", 1, 1), impossible})), HasSubstr("fix/a: 6 successes"));
  EXPECT_THAT(reason(hive.replace("n1", {learned("fix", "a", 1, 1), learned("fix", "a", 1, 1)})),
              HasSubstr("fix/a is given twice"));
  EXPECT_THAT(reason(hive.replace("n1", {learned("", "a", 1, 1)})), HasSubstr("empty"));
  EXPECT_THAT(reason(hive.replace("n1", {learned("fix", std::string(129, 'x'), 1, 1)})), HasSubstr("longer"));
  EXPECT_THAT(reason(hive.replace("n3", {learned("fix", "a", 1, 1)})), HasSubstr("node n3 is new"));
  EXPECT_THAT(reason(hive.replace("n1", {learned("t", "1", 1, 1), learned("t", "2", 1, 1), learned("t", "3", 1, 1),
                                         learned("t", "4", 1, 1)})),
              HasSubstr("4 tools from node n1"));
  // Removing a and b of n1 makes room for c and d, but n2 still lists a, so e is one too many.
  EXPECT_THAT(
    reason(hive.replace("n1", {learned("fix", "c", 1, 1), learned("fix", "d", 1, 1), learned("fix", "e", 1, 1)})),
    HasSubstr("more than 3 tools in the hive"));
  EXPECT_EQ(view(hive, "fix"), before);
  EXPECT_TRUE(hive.tools("t").empty());
}

TEST(hive_tally, room_that_a_delta_leaves_is_free_again) {
  hive_tally hive{{.origins = 8, .tools_per_origin = 4, .tools = 4, .tools_per_task = 4}};
  auto four = [](std::string task) {
    return delta{learned(task, "1", 1, 1), learned(task, "2", 1, 1), learned(task, "3", 1, 1),
                 learned(task, "4", 1, 1)};
  };
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(reason(hive.replace("n1", four("task" + std::to_string(i)))), "accepted");
  EXPECT_TRUE(hive.tools("task98").empty());
  EXPECT_THAT(reason(hive.replace("n2", {learned("t", "1", 1, 1)})), HasSubstr("more than can be kept"));
  hive.remove("n1");
  hive.remove("never heard of");
  EXPECT_EQ(reason(hive.replace("n2", four("t"))), "accepted");
}

TEST(hive_tally, no_node_alone_fills_a_task_type_of_all) {
  hive_tally hive;
  auto tools = [](const std::string& prefix, size_t many) {
    delta out;
    for (size_t i = 0; i < many; ++i)
      out.push_back(learned("bug_fix", prefix + std::to_string(i), 1, 1));
    return out;
  };
  auto most = tally_limits{}.tools_per_task;
  EXPECT_EQ(reason(hive.replace("n1", tools("a", most), "00")), "accepted") << "all that a node keeps, it may tell";
  EXPECT_THAT(reason(hive.replace("n1", tools("a", most + 1), "00")), HasSubstr("bug_fix has more than 128 tools on"));
  EXPECT_THAT(reason(hive.replace("n1", tools("b", 1), "01")), HasSubstr("bug_fix has more than 128 tools on node n1"));
  EXPECT_EQ(reason(hive.replace("n1", tools("c", most), "00")), "accepted");
  EXPECT_EQ(reason(hive.replace("n2", tools("honest", 1))), "accepted");
}

TEST(hive_tally, parts_of_an_origin_are_replaced_each_by_itself) {
  hive_tally hive;
  ASSERT_FALSE(hive.replace("n1", {learned("fix", "a", 5, 3)}, "00"));
  ASSERT_FALSE(hive.replace("n1", {learned("review", "a", 7, 7)}, "01"));
  ASSERT_FALSE(hive.replace("n1", {learned("fix", "a", 6, 4)}, "00"));
  EXPECT_EQ(view(hive, "fix")["a"].n, 6u);
  EXPECT_EQ(view(hive, "review")["a"].n, 7u);
  EXPECT_EQ(hive.origins(), 1u);
  auto twice = hive.replace("n1", {learned("new", "z", 1, 1), learned("fix", "a", 1, 1)}, "01");
  EXPECT_THAT(reason(twice), HasSubstr("fix/a is given twice"));
  EXPECT_EQ(view(hive, "review")["a"].n, 7u) << "what was said before stays";
  EXPECT_TRUE(hive.tools("new").empty());
  ASSERT_FALSE(hive.replace("n1", {}, "00"));
  EXPECT_TRUE(hive.tools("fix").empty());
  EXPECT_FALSE(hive.knows("n1", "00"));
  EXPECT_TRUE(hive.knows("n1", "01"));
  EXPECT_FALSE(hive.knows("n2", "01"));
  hive.remove("n1", "no such part");
  hive.remove("n1");
  EXPECT_TRUE(hive.tools("review").empty());
  EXPECT_EQ(hive.origins(), 0u);
}

} // namespace
} // namespace hive::analysis
