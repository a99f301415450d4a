#include "actors/tracker/shared_tools.hpp"

#include "actors/tracker/tool_slots.hpp"
#include "analysis/tool_statistics.hpp"
#include "messages/ec.hpp"
#include "tests/support/seed.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <tuple>

// What is told is what a computation from all statistics would tell, whatever changed before.

namespace hive {
namespace {

using analysis::learned_tool;
using analysis::tally;
using slots = std::map<std::string, std::string>;

/// Computes the slots from all statistics.
slots plain_slots(const tally& records, size_t most) {
  std::vector<learned_tool> learned;
  for (const auto& task : records.tasks())
    for (const auto& tool : task.tools)
      learned.push_back({std::string{task.task_type}, tool.tool, tool.sums});
  std::ranges::sort(learned, {}, [](const learned_tool& tool) {
    return std::tuple{~tool.sums.n, std::string_view{tool.task_type}, std::string_view{tool.tool}};
  });
  learned.resize(std::min(learned.size(), most));
  std::map<std::string, std::vector<learned_tool>> buckets;
  for (const auto& tool : learned)
    buckets[tool_bucket_of(tool.task_type)].push_back(tool);
  slots out;
  for (const auto& [key, tools] : buckets)
    out[key] = to_tool_slot(tools);
  return out;
}

shared_tools told_of(const tally& records, size_t most) {
  return shared_tools{[&records](std::string_view task_type) {
                        const auto* task = records.find(task_type);
                        return task ? std::span{task->tools} : std::span<const analysis::tool_totals>{};
                      },
                      most};
}

/// Records of random tools, of which new ones push out others.
class random_history {
public:
  random_history(uint32_t seed, analysis::tally_limits limits, uint64_t tasks, uint64_t tools)
      : random_{seed}, records_{limits}, tasks_{tasks}, tools_{tools} {
  }

  const tally& records() const {
    return records_;
  }

  /// Adds a record; returns the task types that changed.
  std::set<std::string> step() {
    // Some tools are used far more often than others.
    auto task = "task" + std::to_string(random_() % (1 + random_() % tasks_));
    auto tool = "tool" + std::to_string(random_() % (1 + random_() % tools_));
    auto model = std::to_string(random_() % 3);
    EXPECT_FALSE(records_.add({task, tool, model, random_() % 1'000'000, random_() % 3 != 0}).refused);
    std::set<std::string> changed{task};
    if (auto made = records_.take_room_made())
      for (const auto& cell : made->removed)
        changed.insert(cell.task_type);
    return changed;
  }

  uint64_t random() {
    return random_();
  }

private:
  std::mt19937_64 random_;
  tally records_;
  uint64_t tasks_, tools_;
};

TEST(shared_tools, are_what_a_plain_computation_gives_after_every_change) {
  HIVE_RANDOM_SEED(seed);
  std::printf("seed %u\n", seed);
  size_t evictions = 0, changes = 0;
  for (size_t most : {1, 7, 40, 4'096}) {
    random_history history{seed, {.task_types = 12, .tools_per_task = 5, .cells = 80}, 30, 12};
    auto told = told_of(history.records(), most);
    std::set<std::string> changed;
    slots before;
    for (int i = 0; i < 3'000; ++i) {
      auto more = history.step();
      evictions += more.size() > 1;
      changed.merge(more);
      if (history.random() % 4 != 0)
        continue; // several changes are taken in together
      for (const auto& task_type : std::exchange(changed, {}))
        told.update(task_type);
      auto expected = plain_slots(history.records(), most);
      ASSERT_EQ(told.slots(), expected) << "most " << most << ", record " << i;
      changes += expected != before;
      before = std::move(expected);
    }
  }
  EXPECT_GT(evictions, 400U) << "tools were pushed out";
  EXPECT_GT(changes, 1'000U);
}

TEST(shared_tools, leave_out_the_same_tools_as_a_plain_computation_when_a_slot_is_full) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  tally records;
  auto told = told_of(records, 4'096);
  std::string long_name(100, 'x');
  for (int i = 0; i < 4'000; ++i) {
    // All in one slot, which has room for some 200 of them.
    std::string task = "one_task" + std::to_string(random() % 8);
    if (tool_bucket_of(task) != tool_bucket_of("one_task0"))
      task = "one_task0";
    ASSERT_FALSE(records.add({task, long_name + std::to_string(random() % 600), {}, 1, true}).refused);
    if (auto made = records.take_room_made())
      for (const auto& cell : made->removed)
        told.update(cell.task_type);
    told.update(task);
    if (i % 100 == 0) {
      ASSERT_EQ(told.slots(), plain_slots(records, 4'096)) << i;
    }
  }
}

TEST(shared_tools, tell_nothing_of_what_is_gone) {
  std::map<std::string, std::vector<analysis::tool_totals>, std::less<>> now;
  auto totals = [](const std::string& tool, uint64_t n) {
    analysis::tool_totals out{tool, {}, {}};
    for (uint64_t i = 0; i < n; ++i)
      out.sums += analysis::sums_of_record(1'000, true);
    return out;
  };
  shared_tools told{[&](std::string_view task_type) {
                      auto found = now.find(task_type);
                      return found == now.end() ? std::span<const analysis::tool_totals>{}
                                                : std::span{std::as_const(found->second)};
                    },
                    2};
  auto names = [&] {
    std::vector<std::string> out;
    for (const auto& [key, payload] : told.slots()) {
      auto tools = from_tool_slot(key, payload);
      EXPECT_TRUE(tools) << text_of(tools.error());
      for (const auto& tool : *tools)
        out.push_back(tool.task_type + "/" + tool.tool);
    }
    std::ranges::sort(out);
    return out;
  };
  using list = std::vector<std::string>;
  now["a"] = {totals("x", 3), totals("y", 2), totals("z", 1)};
  told.update("a");
  EXPECT_EQ(names(), (list{"a/x", "a/y"}));
  now["b"] = {totals("x", 4)};
  told.update("b");
  EXPECT_EQ(names(), (list{"a/x", "b/x"}));
  now.erase("b");
  told.update("b");
  EXPECT_EQ(names(), (list{"a/x", "a/y"})) << "what was left out has room again";
  now["a"] = {totals("x", 1), totals("z", 1)}; // evicted, and known again with fewer records
  told.update("a");
  EXPECT_EQ(names(), (list{"a/x", "a/z"}));
  now.clear();
  told.update("a");
  EXPECT_TRUE(told.slots().empty());
}

} // namespace
} // namespace hive
