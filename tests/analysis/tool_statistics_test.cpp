#include "analysis/tool_statistics.hpp"

#include "tests/analysis/refusal_text.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <tuple>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

const std::vector<std::string> some_names{"alpha", "beta", "gamma", "delta"};

std::vector<task_outcome> random_outcomes(uint64_t seed, size_t count) {
  std::mt19937_64 random{seed};
  std::vector<task_outcome> out;
  auto name = [&](size_t choices) { return std::string_view{some_names[random() % choices]}; };
  for (size_t i = 0; i < count; ++i)
    out.push_back({name(2), name(4), random() % 3 == 0 ? std::string_view{} : name(3), random() % max_task_time_us,
                   random() % 4 != 0});
  return out;
}

void add_all(tally& to, const std::vector<task_outcome>& outcomes) {
  for (const auto& outcome : outcomes)
    ASSERT_FALSE(to.add(outcome).refused);
}

using cell_name = std::tuple<std::string_view, std::string_view, std::string_view>;

std::map<cell_name, tool_sums> sums_by_name(const tally& of) {
  std::map<cell_name, tool_sums> out;
  for (const auto& cell : of.cells())
    out[{cell.task_type, cell.tool, cell.model}] = cell.sums;
  return out;
}

TEST(tally, sums_equal_a_recount_whatever_the_order) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto outcomes = random_outcomes(seed, seed % 60);
    std::map<cell_name, tool_sums> recount;
    for (const auto& each : outcomes)
      recount[{each.task_type, each.tool, each.model}] += sums_of_record(each.time_us, each.success);
    tally in_order, shuffled;
    add_all(in_order, outcomes);
    std::ranges::shuffle(outcomes, std::mt19937_64{seed});
    add_all(shuffled, outcomes);
    ASSERT_EQ(sums_by_name(in_order), recount);
    ASSERT_EQ(sums_by_name(shuffled), recount);
  }
}

TEST(tally, a_tools_totals_span_its_models) {
  tally records;
  for (int i = 0; i < 30; ++i)
    records.add({"fix", "aider", i % 2 ? "small" : "large", 1'000'000, i >= 25});
  records.add({"fix", "ruff", "", 1, true});
  auto* task = records.find("fix");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->records, 31u);
  ASSERT_EQ(task->tools.size(), 2u);
  EXPECT_EQ(task->tools[0].tool, "aider");
  EXPECT_EQ(task->tools[0].sums.n, 30u);
  EXPECT_EQ(task->tools[0].recent.size(), 20u);
  EXPECT_EQ(task->tools[0].recent.successes(), 5u);
  EXPECT_EQ(task->tools[0].recent.newest(), 30u);
  EXPECT_EQ(records.cells().size(), 3u);
  EXPECT_EQ(records.find("nope"), nullptr);
}

TEST(tally, answers_with_the_cell_that_changed) {
  tally records;
  auto added = records.add({"fix", "aider", "large", 7, true});
  ASSERT_TRUE(added.cell);
  EXPECT_EQ(added.cell->tool, "aider");
  EXPECT_EQ(added.cell->model, "large");
  EXPECT_EQ(added.cell->sums.n, 1u);
  auto* first = added.cell;
  for (int i = 0; i < 1000; ++i)
    records.add({"fix", "tool" + std::to_string(i % 100), "", 7, true});
  EXPECT_EQ(records.add({"fix", "aider", "large", 7, true}).cell, first) << "its address is stable";
}

TEST(tally, names_need_not_outlive_the_call) {
  tally records;
  {
    std::string task(100, 't'), tool(100, 'u'), model(100, 'm');
    records.add({task, tool, model, 1, true});
    task.assign(100, 'x');
    tool.assign(100, 'x');
  }
  EXPECT_TRUE(records.find(std::string(100, 't')));
  EXPECT_EQ(records.cells().front().tool, std::string(100, 'u'));
}

TEST(tally, a_name_means_one_thing_per_place) {
  tally records;
  records.add({"a", "b", "", 1, true});
  records.add({"b", "a", "", 1, true});
  records.add({"b", "b", "a", 1, true});
  EXPECT_EQ(records.cells().size(), 3u);
  EXPECT_EQ(records.tasks().size(), 2u);
}

TEST(tally, restored_cells_make_the_same_tally_in_any_order) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    tally before;
    add_all(before, random_outcomes(seed, 150));
    std::vector<tool_cell> stored(before.cells().begin(), before.cells().end());
    std::ranges::shuffle(stored, std::mt19937_64{seed});
    tally after;
    for (const auto& cell : stored)
      ASSERT_EQ(reason(after.restore(cell)), "accepted");
    ASSERT_EQ(sums_by_name(after), sums_by_name(before));
    for (const auto& task : before.tasks()) {
      auto* restored = after.find(task.task_type);
      ASSERT_TRUE(restored);
      ASSERT_EQ(restored->records, task.records);
      for (const auto& tool : task.tools) {
        auto same = std::ranges::find(restored->tools, tool.tool, &tool_totals::tool);
        ASSERT_NE(same, restored->tools.end());
        ASSERT_EQ(same->sums, tool.sums);
        ASSERT_EQ(same->recent, tool.recent);
      }
    }
  }
}

TEST(tally, refuses_a_cell_that_cannot_be) {
  tally source;
  source.add({"fix", "aider", "", 5, true});
  auto good = source.cells().front();
  tally records;
  auto bad = good;
  bad.sums.success_ppm = 2 * ppm;
  EXPECT_THAT(reason(records.restore(bad)), HasSubstr("2 successes are more than 1 records"));
  bad = good;
  bad.recent = {};
  EXPECT_THAT(reason(records.restore(bad)), HasSubstr("recent outcomes"));
  EXPECT_TRUE(records.cells().empty());
  EXPECT_EQ(reason(records.restore(good)), "accepted");
  EXPECT_THAT(reason(records.restore(good)), HasSubstr("already restored"));
}

TEST(tally, refuses_bad_names_and_times) {
  tally records;
  std::string longest(max_name_bytes, 'x'), too_long(max_name_bytes + 1, 'x');
  EXPECT_EQ(reason(records.add({longest, longest, longest, 1, true}).refused), "accepted");
  EXPECT_THAT(reason(records.add({"", "b", "", 1, true}).refused), HasSubstr("task_type is empty"));
  EXPECT_THAT(reason(records.add({"a", "", "", 1, true}).refused), HasSubstr("tool_name is empty"));
  EXPECT_THAT(reason(records.add({too_long, "b", "", 1, true}).refused), HasSubstr("task_type xxx"));
  EXPECT_THAT(reason(records.add({"a", too_long, "", 1, true}).refused), HasSubstr("tool_name xxx"));
  EXPECT_THAT(reason(records.add({"a", "b", too_long, 1, true}).refused), HasSubstr("model_name xxx"));
  EXPECT_THAT(reason(records.add({"a", "b", "", max_task_time_us + 1, true}).refused), HasSubstr("7 days"));
  EXPECT_EQ(records.add({"a", "b", "", max_task_time_us + 1, true}).refused->why, refusal::kind::invalid);
  EXPECT_EQ(records.cells().size(), 1u);
}

// -- what gives way ---------------------------------------------------------------

/// All records of a tally, whether listed or not.
uint64_t count_all(const tally& records) {
  auto out = records.unlisted();
  for (const auto& cell : records.cells())
    out += cell.sums.n;
  return out;
}

/// Checks that totals, windows and names match the cells.
void expect_consistent(const tally& records) {
  std::map<std::pair<std::string_view, std::string_view>, tool_sums> sums;
  for (const auto& cell : records.cells())
    sums[{cell.task_type, cell.tool}] += cell.sums;
  size_t tools = 0;
  for (const auto& task : records.tasks()) {
    ASSERT_EQ(records.find(task.task_type), &task);
    for (const auto& tool : task.tools) {
      ++tools;
      ASSERT_EQ(tool.sums, (sums[{task.task_type, tool.tool}])) << task.task_type << "/" << tool.tool;
      ASSERT_EQ(tool.recent.size(), std::min<uint64_t>(tool.sums.n, recent_outcomes::capacity));
      ASSERT_LE(tool.recent.newest(), task.records);
    }
  }
  ASSERT_EQ(tools, sums.size());
}

TEST(tally, a_new_task_type_finds_room_after_ten_thousand_others) {
  tally records;
  for (int i = 0; i < 10'000; ++i)
    ASSERT_FALSE(records.add({"flood" + std::to_string(i), "tool" + std::to_string(i), "", 1, true}).refused);
  for (int i = 0; i < 5; ++i)
    ASSERT_FALSE(records.add({"bug_fix", "ruff", "", 1, true}).refused);
  ASSERT_TRUE(records.find("bug_fix"));
  EXPECT_EQ(records.find("bug_fix")->records, 5u);
  EXPECT_LE(records.tasks().size(), 10'000u);
  EXPECT_EQ(count_all(records), 10'005u);
  EXPECT_GT(records.unlisted(), 0u);
  expect_consistent(records);
}

TEST(tally, what_is_used_much_outlives_a_flood_and_newcomers_come_to_stay) {
  tally records{{.task_types = 100}};
  for (int i = 0; i < 1'000; ++i)
    records.add({"much", "ruff", "", 1, true});
  for (int task = 0; task < 99; ++task)
    for (int i = 0; i < 3; ++i)
      records.add({"some" + std::to_string(task), "ruff", "", 1, true});
  // The table is full of task types that were used more often than a newcomer, while a flood of new ones continues.
  for (int i = 0; i < 900; ++i) {
    records.add({"flood" + std::to_string(i), "ruff", "", 1, true});
    if (i % 10 == 0)
      records.add({"newcomer", "ruff", "", 1, true});
  }
  EXPECT_EQ(records.find("much")->records, 1'000u);
  ASSERT_TRUE(records.find("newcomer"));
  EXPECT_GT(records.find("newcomer")->records, 50u);
  EXPECT_EQ(count_all(records), 1'000u + 99 * 3 + 900 + 90);
  expect_consistent(records);
}

TEST(tally, what_was_used_much_long_ago_does_not_stay_for_ever) {
  tally records{{.task_types = 10}};
  for (int i = 0; i < 50; ++i)
    records.add({"past", "ruff", "", 1, true});
  int flood = 0;
  for (; flood < 10'000 && records.find("past"); ++flood)
    records.add({"flood" + std::to_string(flood), "ruff", "", 1, true});
  EXPECT_GT(flood, 50);
  EXPECT_LT(flood, 10'000);
}

TEST(tally, the_least_used_tool_of_a_task_type_gives_way_to_a_new_one) {
  tally records{{.tools_per_task = 3}};
  for (auto* tool : {"a", "a", "a", "b", "b", "c", "c", "other"})
    records.add({"fix", tool, "model", 1, true});
  records.add({"fix", "d", "", 1, false});
  auto tools = [&] {
    std::vector<std::string> out;
    for (const auto& tool : records.find("fix")->tools)
      out.push_back(tool.tool);
    return out;
  };
  EXPECT_THAT(tools(), testing::ElementsAre("a", "other", "d"));
  records.add({"fix", "other", "model", 1, true}); // indexes have changed
  EXPECT_EQ(records.find("fix")->tools[1].sums.n, 2u);
  EXPECT_EQ(count_all(records), 10u);
  expect_consistent(records);
}

TEST(tally, models_join_without_loss_where_there_are_too_many) {
  tally records{{.cells = 10}};
  tool_sums expected;
  for (int i = 0; i < 500; ++i) {
    auto time_us = static_cast<uint64_t>(1'000 + i);
    ASSERT_FALSE(records.add({"fix", "aider", "model" + std::to_string(i), time_us, i % 3 == 0}).refused);
    expected += sums_of_record(time_us, i % 3 == 0);
  }
  EXPECT_LE(records.cells().size(), 10u);
  EXPECT_EQ(records.find("fix")->tools[0].sums, expected);
  EXPECT_EQ(records.find("fix")->tools[0].recent.newest(), 500u);
  EXPECT_EQ(records.unlisted(), 0u);
  expect_consistent(records);
}

TEST(tally, task_types_give_way_where_no_models_can_join) {
  tally records{{.cells = 5}};
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(records.add({"fix", "tool" + std::to_string(i % 7), "", 1, true}).refused);
    ASSERT_FALSE(records.add({"t" + std::to_string(i), "tool", "", 1, true}).refused);
    ASSERT_LE(records.cells().size(), 5u);
    expect_consistent(records);
  }
  EXPECT_EQ(count_all(records), 100u);
}

TEST(tally, says_what_the_store_must_forget_and_a_restored_one_goes_on_the_same) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random{seed};
    tally_limits limits{.task_types = 2 + random() % 6, .tools_per_task = 2 + random() % 4, .cells = 4 + random() % 30};
    tally records{limits};
    using cell_names = std::tuple<std::string, std::string, std::string>;
    std::map<cell_names, tool_cell> stored;
    auto store = [&](const tool_cell* cell) {
      stored[{std::string{cell->task_type}, std::string{cell->tool}, std::string{cell->model}}] = *cell;
    };
    uint64_t given = 0;
    for (int i = 0; i < 400; ++i) {
      auto name = [&](const char* what, size_t choices) { return what + std::to_string(random() % choices); };
      auto task = name("task", 9), tool = name("tool", 6), model = random() % 2 ? name("model", 8) : std::string{};
      auto added = records.add({task, tool, model, 1 + random() % 1'000, random() % 2 == 0});
      ASSERT_FALSE(added.refused) << added.refused->text;
      ++given;
      if (auto made = records.take_room_made()) {
        for (const auto& cell : made->removed)
          ASSERT_EQ(stored.erase({cell.task_type, cell.tool, cell.model}), 1u);
        for (const auto* cell : made->changed)
          store(cell);
      }
      store(added.cell);
      ASSERT_EQ(stored.size(), records.cells().size());
      ASSERT_EQ(count_all(records), given);
    }
    expect_consistent(records);
    tally restored{limits};
    restored.restore_unlisted(records.unlisted());
    for (auto& [names, cell] : stored) {
      cell.task_type = std::get<0>(names);
      cell.tool = std::get<1>(names);
      cell.model = std::get<2>(names);
      ASSERT_EQ(reason(restored.restore(cell)), "accepted");
    }
    ASSERT_EQ(sums_by_name(restored), sums_by_name(records));
    ASSERT_EQ(count_all(restored), given);
  }
}

TEST(tally, restores_no_more_than_its_limits) {
  tally source;
  for (auto* task : {"t1", "t2", "t3"})
    source.add({task, "a", "", 1, true});
  tally records{{.task_types = 2}};
  std::vector<std::string> reasons;
  for (const auto& cell : source.cells())
    reasons.push_back(reason(records.restore(cell)));
  EXPECT_EQ(reasons[1], "accepted");
  EXPECT_THAT(reasons[2], HasSubstr("task type t3 is new"));
}

TEST(tally, a_full_tool_takes_no_more_through_any_model) {
  tally source;
  for (int i = 0; i < 20; ++i)
    source.add({"fix", "aider", "", 0, false});
  auto huge = source.cells().front();
  huge.sums.n = max_tool_records;
  tally records;
  ASSERT_EQ(reason(records.restore(huge)), "accepted");
  EXPECT_THAT(reason(records.add({"fix", "aider", "", 0, true}).refused), HasSubstr("as many records as can be"));
  EXPECT_THAT(reason(records.add({"fix", "aider", "new", 0, true}).refused), HasSubstr("as many records as can be"));
  EXPECT_EQ(records.cells().size(), 1u) << "no empty cell is left behind";
  EXPECT_FALSE(records.add({"fix", "ruff", "", 0, true}).refused);
}

} // namespace
} // namespace hive::analysis
