#include "analysis/hive_statistics.hpp"

#include "analysis/hive_estimate.hpp"
#include "tests/analysis/refusal_text.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

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

/// Keeps all that was said and computes everything from it.
class plain_hive {
public:
  explicit plain_hive(hive_limits limits) : limits_{limits} {
  }

  bool replace(const std::string& origin, const delta& tools, const std::string& part) {
    auto next = said_;
    if (tools.empty())
      next[origin].erase(part);
    else
      next[origin][part] = tools;
    if (next[origin].empty())
      next.erase(origin);
    if (!tools.empty() && !fits(next))
      return false;
    said_ = std::move(next);
    return true;
  }

  void remove(const std::string& origin) {
    said_.erase(origin);
  }

  void remove_part(const std::string& part) {
    for (auto& [origin, parts] : said_)
      parts.erase(part);
    std::erase_if(said_, [](const auto& each) { return each.second.empty(); });
  }

  size_t origins() const {
    return said_.size();
  }

  struct figures {
    tool_sums sums;
    bool told_as_measured = false;
    bool operator==(const figures&) const = default;
  };
  using by_names = std::map<std::pair<std::string, std::string>, figures>;

  by_names estimates() const {
    std::map<std::pair<std::string, std::string>, std::vector<tool_sums>> sums;
    by_names out;
    for (const auto& [origin, parts] : said_)
      for (const auto& [part, tools] : parts)
        for (const auto& tool : tools) {
          sums[{tool.task_type, tool.tool}].push_back(tool.sums);
          out[{tool.task_type, tool.tool}].told_as_measured |= tool.told_as_measured;
        }
    for (const auto& [names, nodes] : sums)
      out[names].sums = estimate(nodes);
    return out;
  }

private:
  using state = std::map<std::string, std::map<std::string, delta>>;

  bool fits(const state& next) const {
    size_t all = 0;
    std::map<std::string, std::set<std::string>> tools_of_task;
    for (const auto& [origin, parts] : next) {
      size_t of_origin = 0;
      std::map<std::string, size_t> of_task;
      std::set<std::pair<std::string, std::string>> seen;
      for (const auto& [part, tools] : parts)
        for (const auto& tool : tools) {
          ++of_origin;
          tools_of_task[tool.task_type].insert(tool.tool);
          if (++of_task[tool.task_type] > limits_.tools_per_task_of_origin ||
              !seen.emplace(tool.task_type, tool.tool).second)
            return false;
        }
      all += of_origin;
      if (of_origin > limits_.tools_per_origin)
        return false;
    }
    return next.size() <= limits_.origins && all <= limits_.tools &&
           std::ranges::all_of(tools_of_task,
                               [&](const auto& each) { return each.second.size() <= limits_.tools_per_task; });
  }

  hive_limits limits_;
  state said_;
};

plain_hive::by_names estimates_of(const hive_tally& hive, const std::vector<std::string>& tasks) {
  plain_hive::by_names out;
  for (const auto& task : tasks)
    for (const auto& tool : hive.tools(task))
      out[{task, tool.tool}] = {tool.sums, tool.told_as_measured};
  return out;
}

TEST(hive_tally, is_what_a_plain_computation_gives_after_every_change_and_refusal) {
  HIVE_RANDOM_SEED(seed);
  std::printf("seed %u\n", seed);
  std::mt19937_64 random{seed};
  hive_limits limits{
    .origins = 6, .tools_per_origin = 12, .tools = 40, .tools_per_task = 6, .tools_per_task_of_origin = 4};
  hive_tally hive{limits};
  plain_hive plain{limits};
  std::vector<std::string> tasks{"t0", "t1", "t2", "t3"};
  size_t taken = 0, refused = 0;
  for (int step = 0; step < 5'000; ++step) {
    auto origin = "node" + std::to_string(random() % 7);
    auto part = std::to_string(random() % 3);
    if (auto what = random() % 20; what == 0) {
      hive.remove(origin);
      plain.remove(origin);
    } else if (what == 1 && random() % 4 == 0) {
      hive.remove_part(part);
      plain.remove_part(part);
    } else {
      std::map<std::pair<std::string, std::string>, learned_tool> tools;
      for (auto count = random() % 6; count > 0; --count) {
        auto task = tasks[random() % tasks.size()];
        auto tool = "tool" + std::to_string(random() % 8);
        tools[{task, tool}] = learned(task, tool, 1 + random() % 3, 1);
        tools[{task, tool}].told_as_measured = random() % 8 == 0;
      }
      delta said;
      for (const auto& [names, tool] : tools)
        said.push_back(tool);
      std::ranges::shuffle(said, random);
      auto is_taken = !hive.replace(origin, said, part);
      ASSERT_EQ(is_taken, plain.replace(origin, said, part)) << "step " << step;
      ++(is_taken ? taken : refused);
    }
    ASSERT_EQ(estimates_of(hive, tasks), plain.estimates()) << "step " << step;
    ASSERT_EQ(hive.origins(), plain.origins());
    ASSERT_EQ(hive.all_tools().size(), plain.estimates().size());
  }
  EXPECT_GT(taken, 500U);
  EXPECT_GT(refused, 500U);
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
