#include "analysis/tool_statistics.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <tuple>

namespace hive::analysis {
namespace {

using testing::HasSubstr;

const std::vector<std::string> names{"alpha", "beta", "gamma", "delta"};

std::vector<task_outcome> random_outcomes(uint64_t seed, size_t count) {
  std::mt19937_64 random{seed};
  std::vector<task_outcome> out;
  auto name = [&](size_t choices) { return std::string_view{names[random() % choices]}; };
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

std::string reason(const std::optional<refusal>& refused) {
  return refused ? refused->text : "accepted";
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

TEST(tally, refuses_what_goes_beyond_its_limits_and_keeps_counting_the_rest) {
  tally records{{.task_types = 2, .tools_per_task = 2, .cells = 4}};
  records.add({"t1", "a", "", 1, true});
  records.add({"t1", "b", "", 1, true});
  records.add({"t2", "a", "", 1, true});
  EXPECT_THAT(reason(records.add({"t3", "a", "", 1, true}).refused), HasSubstr("task type t3 is new"));
  EXPECT_THAT(reason(records.add({"t1", "c", "", 1, true}).refused), HasSubstr("tool c of task type t1 is new"));
  EXPECT_EQ(records.add({"t1", "c", "", 1, true}).refused->why, refusal::kind::full);
  EXPECT_FALSE(records.add({"t2", "a", "m", 1, true}).refused);
  EXPECT_THAT(reason(records.add({"t2", "a", "n", 1, true}).refused), HasSubstr("model 'n'"));
  EXPECT_FALSE(records.add({"t1", "b", "", 1, false}).refused);
  EXPECT_EQ(records.cells().size(), 4u);
  EXPECT_EQ(records.find("t2")->records, 2u) << "a refused record takes no number";
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
