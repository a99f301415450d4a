#include "analysis/hive_statistics.hpp"
#include "analysis/routing.hpp"
#include "analysis/tool_summary.hpp"
#include "tests/analysis/vector_file.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <tuple>

// The expected results in tests/data/tracker.json were computed by HART OS.

namespace hive::analysis {
namespace {

class tracker_vectors : public testing::Test {
protected:
  void SetUp() override {
    cases_ = file_.root().getArray();
    ASSERT_EQ(cases_.size(), 15u);
  }

  static tally tally_of(json records) {
    tally out;
    for (auto record : records.getArray()) {
      auto task_type = text(record, "task_type"), tool = text(record, "tool_name"), model = text(record, "model_name");
      auto time = to_micros(number(record, "completion_time_s"));
      EXPECT_FALSE(out.add({task_type, tool, model, time.value(), at(record, "success").getBoolean()}).refused);
    }
    return out;
  }

  static hive_tally hive_of(json delta) {
    std::vector<learned_tool> learned;
    for (auto task : at(delta, "coding_benchmarks").getObject())
      for (auto tool : task.getValue().getObject()) {
        auto figures = tool.getValue();
        tool_sums sums;
        EXPECT_FALSE(sums_of_averages(number(figures, "success_rate"), number(figures, "avg_time_s"),
                                      static_cast<uint64_t>(number(figures, "sample_count")), sums));
        learned.push_back({task.getName().cStr(), tool.getName().cStr(), sums});
      }
    hive_tally out;
    EXPECT_FALSE(out.replace("peer", std::move(learned)));
    return out;
  }

  /// `expected` is [tool, rate, time] or null. HART OS adds times up as floats, so its mean may differ in the last bit.
  static void expect_choice(json expected, const std::optional<tool_choice>& got, const char* task_type) {
    SCOPED_TRACE(task_type);
    ASSERT_EQ(got.has_value(), expected.isArray());
    if (!got)
      return;
    auto wanted = expected.getArray();
    EXPECT_EQ(got->tool, wanted[0].getString().cStr());
    EXPECT_EQ(got->success_rate, wanted[1].getNumber());
    EXPECT_DOUBLE_EQ(got->avg_time_s, wanted[2].getNumber());
  }

  static void expect_lines(json expected, const std::vector<summary_line>& got) {
    auto wanted = expected.getArray();
    ASSERT_EQ(got.size(), wanted.size());
    for (uint32_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(got[i].task_type, has(wanted[i], "task_type") ? text(wanted[i], "task_type") : "");
      EXPECT_EQ(got[i].tool, text(wanted[i], "tool"));
      EXPECT_EQ(static_cast<double>(got[i].total), number(wanted[i], "total"));
      EXPECT_EQ(got[i].success_rate, number(wanted[i], "success_rate"));
      EXPECT_EQ(got[i].avg_time_s, number(wanted[i], "avg_time_s"));
    }
  }

  vector_file file_{"tracker.json"};
  capnp::List<capnp::JsonValue>::Reader cases_;
};

TEST_F(tracker_vectors, best_tool_agrees) {
  for (auto each : cases_) {
    auto records = tally_of(at(each, "records"));
    for (auto expected : at(each, "best_tool").getObject()) {
      auto* task = records.find(expected.getName().cStr());
      expect_choice(expected.getValue(), task ? best_tool(task->tools) : std::nullopt, expected.getName().cStr());
    }
  }
}

TEST_F(tracker_vectors, summary_agrees) {
  for (auto each : cases_) {
    auto got = summarise(tally_of(at(each, "records")));
    auto expected = at(each, "summary");
    EXPECT_EQ(static_cast<double>(got.total), number(expected, "total_benchmarks"));
    expect_lines(at(expected, "by_tool"), got.by_tool);
    // The recorded cases are ordered by name, whereas HART OS lists the best tool first.
    std::ranges::sort(got.by_task_type, {}, [](const auto& line) { return std::tie(line.task_type, line.tool); });
    expect_lines(at(expected, "by_task_type"), got.by_task_type);
  }
}

TEST_F(tracker_vectors, the_summary_ranks_the_tools_of_a_task_type) {
  for (auto each : cases_) {
    auto lines = summarise(tally_of(at(each, "records"))).by_task_type;
    EXPECT_TRUE(std::ranges::is_sorted(lines, [](const auto& a, const auto& b) {
      return std::tuple{a.task_type, -a.success_rate} < std::tuple{b.task_type, -b.success_rate};
    }));
  }
}

TEST_F(tracker_vectors, learning_delta_agrees) {
  for (auto each : cases_) {
    auto got = learning_delta(tally_of(at(each, "records")));
    auto expected = at(each, "learning_delta");
    if (expected.isNull()) {
      EXPECT_TRUE(got.empty());
      continue;
    }
    size_t wanted = 0;
    for (auto task : at(expected, "coding_benchmarks").getObject())
      wanted += task.getValue().getObject().size();
    EXPECT_EQ(got.size(), wanted);
    for (const auto& learned : got) {
      auto figures = at(at(at(expected, "coding_benchmarks"), learned.task_type), learned.tool);
      auto line = averages(learned);
      EXPECT_EQ(line.success_rate, number(figures, "success_rate"));
      EXPECT_EQ(line.avg_time_s, number(figures, "avg_time_s"));
      EXPECT_EQ(static_cast<double>(line.total), number(figures, "sample_count"));
    }
  }
}

TEST_F(tracker_vectors, hive_best_tool_agrees) {
  for (auto each : cases_) {
    auto delta = at(each, "hive_delta");
    auto hive = hive_of(delta);
    for (auto expected : at(each, "hive_best_tool").getObject()) {
      auto got = best_tool(hive.tools(expected.getName().cStr()));
      expect_choice(expected.getValue(), got, expected.getName().cStr());
      if (!got)
        continue;
      auto figures = at(at(at(delta, "coding_benchmarks"), expected.getName().cStr()), got->tool);
      EXPECT_EQ(static_cast<double>(got->samples), number(figures, "sample_count"));
    }
  }
}

} // namespace
} // namespace hive::analysis
