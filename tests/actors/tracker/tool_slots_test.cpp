#include "actors/tracker/tool_slots.hpp"

#include "tests/actors/hive/hive_test.hpp"
#include "tests/support/told_tools.hpp"

#include <gtest/gtest.h>
#include <set>

namespace hive {
namespace {

using analysis::learned_tool;

learned_tool random_tool(std::string task, std::string tool, std::mt19937_64& random) {
  learned_tool out{std::move(task), std::move(tool), {}};
  for (auto n = 5 + random() % 200; n > 0; --n)
    out.sums += analysis::sums_of_record(1'000'000 + random() % 600'000'000, random() % 4 != 0);
  return out;
}

/// Statistics with names like those of agent engines.
std::vector<learned_tool> some_statistics(size_t tasks, size_t tools) {
  std::mt19937_64 random{7};
  std::vector<learned_tool> out;
  for (size_t task = 0; task < tasks; ++task)
    for (size_t tool = 0; tool < tools; ++tool)
      out.push_back(random_tool("task_type_" + std::to_string(task), "some_tool_" + std::to_string(tool), random));
  return out;
}

std::map<std::pair<std::string, std::string>, analysis::tool_sums> by_name(const std::vector<learned_tool>& tools) {
  std::map<std::pair<std::string, std::string>, analysis::tool_sums> out;
  for (const auto& each : tools)
    out[{each.task_type, each.tool}] = each.sums;
  return out;
}

std::vector<learned_tool> read_all(const std::map<std::string, std::string>& slots) {
  std::vector<learned_tool> out;
  for (const auto& [key, payload] : slots) {
    auto read = from_tool_slot(key, payload);
    EXPECT_TRUE(read) << text_of(read.error());
    if (read)
      out.insert(out.end(), read->begin(), read->end());
  }
  return out;
}

TEST(tool_slots, say_exactly_what_was_put_in) {
  auto learned = some_statistics(30, 7);
  learned.push_back({"ä €", std::string(128, 'x'), learned.front().sums});
  EXPECT_EQ(by_name(read_all(to_tool_slots(learned))), by_name(learned));
}

TEST(tool_slots, a_change_touches_one_of_them) {
  auto learned = some_statistics(100, 10);
  auto before = to_tool_slots(learned);
  learned[123].sums += analysis::sums_of_record(1'000'000, true);
  auto after = to_tool_slots(learned);
  std::set<std::string> changed;
  for (const auto& [key, payload] : after)
    if (before[key] != payload)
      changed.insert(key);
  EXPECT_EQ(changed, std::set<std::string>{tool_bucket_of(learned[123].task_type)});
}

TEST(tool_slots, do_not_depend_on_the_order_of_tools) {
  auto learned = some_statistics(20, 5);
  auto before = to_tool_slots(learned);
  std::ranges::reverse(learned);
  EXPECT_EQ(to_tool_slots(learned), before);
}

TEST(tool_slots, buckets_stay_where_they_are_for_ever) {
  EXPECT_EQ(tool_bucket_of("bug_fix"), "60");
  EXPECT_EQ(tool_bucket_of("feature"), "26");
  std::set<std::string> seen;
  for (int i = 0; i < 2'000; ++i)
    seen.insert(tool_bucket_of(std::to_string(i)));
  EXPECT_EQ(seen.size(), tool_buckets);
}

TEST(tool_slots, a_thousand_tools_travel_in_64_kib) {
  for (auto [tasks, tools] : {std::pair<size_t, size_t>{100, 10}, {40, 25}, {10, 100}}) {
    auto a = make_replica(1), b = make_replica(2);
    pull(b, a);
    for (const auto& [key, payload] : to_tool_slots(some_statistics(tasks, tools)))
      write(a, {tool_stats_kind, key}, payload);
    auto delta = a.delta_for(*b.digest(), test_budget, 0);
    std::printf("a delta of %zu task types x %zu tools: %zu bytes\n", tasks, tools, delta.bytes().size());
    EXPECT_LE(delta.bytes().size(), size_t{64} << 10);
    EXPECT_TRUE(b.join(*delta, test_now).refused.empty());
    pull(a, b);
    EXPECT_EQ(a.root(), b.root());
  }
}

TEST(tool_slots, keep_the_best_known_tools_when_not_all_fit) {
  std::mt19937_64 random{3};
  std::vector<learned_tool> learned;
  for (int i = 0; i < 1'000; ++i) {
    learned.push_back({"one_task", std::string(100, 'x') + std::to_string(i), {}});
    learned.back().sums = random_tool("", "", random).sums;
  }
  auto slots = to_tool_slots(learned);
  ASSERT_EQ(slots.size(), 1u);
  EXPECT_LE(slots.begin()->second.size(), replica_options{}.payload_bytes);
  auto kept = by_name(read_all(slots));
  EXPECT_GT(kept.size(), 200u);
  uint64_t least_kept = UINT64_MAX, most_dropped = 0;
  for (const auto& tool : learned)
    if (kept.contains({tool.task_type, tool.tool}))
      least_kept = std::min(least_kept, tool.sums.n);
    else
      most_dropped = std::max(most_dropped, tool.sums.n);
  EXPECT_GE(least_kept, most_dropped);
}

TEST(tool_slots, never_more_than_others_keep) {
  std::vector<learned_tool> learned;
  std::mt19937_64 random{3};
  auto sums = random_tool("", "", random).sums;
  for (int i = 0; i < 6'000; ++i)
    learned.push_back({"t" + std::to_string(i), "x", sums});
  EXPECT_EQ(read_all(to_tool_slots(learned)).size(), 4'096u);
  EXPECT_TRUE(to_tool_slots({}).empty());
}

} // namespace
} // namespace hive
