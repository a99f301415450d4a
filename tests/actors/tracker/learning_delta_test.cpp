#include "actors/tracker/stored_statistics.hpp"
#include "actors/tracker/tool_slots.hpp"
#include "tests/support/test_tracker.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mutex>
#include <optional>
#include <random>

// What nodes tell each other about their tools.

namespace hive {
namespace {

using testing::HasSubstr;

TEST(tracker, a_delta_replaces_what_the_same_node_said_and_adds_to_others) {
  test_tracker node;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10)));
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("b", "aider", 1, 30)));
  for (int round = 0; round < 2; ++round) {
    auto best = node.best("feature", wire::ToolScope::HIVE);
    ASSERT_TRUE(best) << text_of(best.error());
    EXPECT_EQ((*best)->getSampleCount(), 40u);
    EXPECT_DOUBLE_EQ((*best)->getSuccessRate(), 35.0 / 40);
    node.restart();
  }
  EXPECT_FALSE(node.best("feature")) << "what others measured is not this node's";
}

TEST(tracker, refuses_impossible_deltas_and_its_own) {
  test_tracker node;
  auto refuse = [&](const msg<wire::LearningDelta>& wrong, const char* named) {
    auto answer = node.ask<wire::Recorded>(wrong);
    ASSERT_FALSE(answer) << named;
    EXPECT_EQ(code_of(answer.error()), ec::invalid) << named;
    EXPECT_THAT(text_of(answer.error()), HasSubstr(named));
  };
  refuse(delta("this-node", "aider", 1, 10), "this node itself");
  refuse(delta("a", "aider", 1.5, 10), "success_rate");
  refuse(delta("a", "aider", 1, 0), "sample_count");
  auto with_sums = [](uint64_t successes, uint64_t time_us, uint64_t squares) {
    return msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
      out.setOrigin("a");
      auto task = out.initCodingBenchmarks(1)[0];
      task.setTaskType("feature");
      auto learned = task.initTools(1)[0];
      learned.setToolName("aider");
      learned.setSampleCount(10);
      auto sums = learned.initSums();
      sums.setSuccesses(successes);
      sums.setTimeUs(time_us);
      sums.setTimeUs2Low(squares);
    });
  };
  refuse(with_sums(11, 1'000, 1'000'000), "11 successes");
  refuse(with_sums(uint64_t{1} << 60, 1'000, 1'000'000), "successes");
  refuse(with_sums(10, uint64_t{1} << 63, 1), "sum of times");
  refuse(with_sums(10, 1'000'000, 1), "squared");
  EXPECT_TRUE(node.ask<wire::Recorded>(with_sums(10, 10'000'000, 10'000'000'000'000)));
}

TEST(tracker, what_one_node_exports_another_imports_exactly) {
  test_tracker from, to{{.node = "other-node"}};
  std::mt19937 random{11};
  std::vector<task_draft> drafts;
  for (int i = 0; i < 500; ++i)
    drafts.push_back({.task_type = "t" + std::to_string(random() % 3),
                      .tool = "tool" + std::to_string(random() % 4),
                      .success = random() % 3 != 0,
                      .time_s = static_cast<double>(random() % 1'000'000) / 1e6});
  ASSERT_TRUE(from.record(drafts));
  auto exported = from.ask<wire::LearningDelta>(msg<wire::LearningDeltaQuery>{});
  ASSERT_TRUE(exported) << text_of(exported.error());
  EXPECT_EQ(as_view((*exported)->getOrigin()), "this-node");
  auto imported = to.ask<wire::Recorded>(*exported);
  ASSERT_TRUE(imported) << text_of(imported.error());
  EXPECT_EQ((*imported)->getRecorded(), 12u);
  for (const char* task : {"t0", "t1", "t2"}) {
    auto here = from.best(task), there = to.best(task, wire::ToolScope::HIVE);
    ASSERT_TRUE(here && there);
    EXPECT_EQ((*here)->getSampleCount(), (*there)->getSampleCount());
    EXPECT_EQ((*here)->getSuccessRate(), (*there)->getSuccessRate());
    EXPECT_EQ((*here)->getAvgTimeS(), (*there)->getAvgTimeS());
  }
}

TEST(tracker, has_nothing_to_tell_without_enough_records) {
  test_tracker node;
  ASSERT_TRUE(node.record(runs("feature", "aider", 4, 0)));
  auto answer = node.ask<wire::LearningDelta>(msg<wire::LearningDeltaQuery>{});
  ASSERT_FALSE(answer);
  EXPECT_EQ(code_of(answer.error()), ec::no_data);
}

/// Publishes this under a key, as another node of the hive would; nothing erases the slot.
void publish(test_tracker& to, const std::string& origin, std::vector<analysis::learned_tool> learned,
             const std::string& key = "00") {
  auto content = learned.empty() ? slot_content{} : make_content(std::move(learned));
  caf::anon_send(to.actor, slots_accepted{tool_stats_kind, {origin}, {{key, content}}});
}

void withdraw(test_tracker& to, const std::string& origin) {
  caf::anon_send(to.actor, slots_withdrawn{tool_stats_kind, {origin}});
}

/// Statistics of one tool, as a node would publish them.
std::vector<analysis::learned_tool> learned(const std::string& tool, uint64_t samples) {
  auto said = from_delta(*delta("", tool, 1, samples));
  return said ? *said : std::vector<analysis::learned_tool>{};
}

/// Receives what a tracker publishes; the test's thread can wait for it.
class published_tools {
public:
  explicit published_tools(test_tracker& from) : from_{from} {
    auto publisher =
      from.tests.system().spawn([this](slot_publisher_actor::pointer) -> slot_publisher_actor::behavior_type {
        return {[this](const publish_slots& what) {
          std::lock_guard lock{mutex_};
          EXPECT_EQ(what.kind, tool_stats_kind);
          all_.push_back(what.payloads);
        }};
      });
    caf::anon_send(from.actor, sharing_started{tool_stats_kind, publisher});
    publisher_ = publisher;
  }

  ~published_tools() {
    caf::anon_send_exit(publisher_, caf::exit_reason::user_shutdown);
    from_.tests.client()->wait_for(publisher_);
  }

  std::vector<std::map<std::string, std::string>> all() const {
    std::lock_guard lock{mutex_};
    return all_;
  }

  /// Number of records in the newest publication; nothing before the n-th publication.
  std::optional<uint64_t> records_of(size_t publication) const {
    auto so_far = all();
    if (so_far.size() < publication)
      return std::nullopt;
    uint64_t out = 0;
    for (const auto& [key, payload] : so_far.back()) {
      auto tools = from_tool_slot(key, payload).value();
      for (const auto& tool : tools)
        out += tool.sums.n;
    }
    return out;
  }

private:
  test_tracker& from_;
  mutable std::mutex mutex_;
  std::vector<std::map<std::string, std::string>> all_;
  slot_publisher_actor publisher_;
};

TEST(tracker, publishes_every_tool_and_only_when_something_is_new) {
  test_tracker node;
  published_tools published{node};
  ASSERT_TRUE(wait_until([&] { return published.records_of(1) == 0; })) << "what there is at first: nothing";
  ASSERT_TRUE(node.record({{.key = "once"}}));
  ASSERT_TRUE(wait_until([&] { return published.records_of(2) == 1; })) << "one record is worth telling";
  ASSERT_TRUE(node.record({{.key = "once"}}));
  ASSERT_TRUE(node.record({{}}));
  ASSERT_TRUE(wait_until([&] { return published.records_of(3) == 2; }));
  EXPECT_EQ(published.all().size(), 3U) << "a repetition is nothing new";
}

TEST(tracker, publishes_all_again_to_a_federation_that_has_started_again) {
  test_tracker node;
  ASSERT_TRUE(node.record({{}}));
  published_tools before{node};
  ASSERT_TRUE(wait_until([&] { return before.records_of(1) == 1; }));
  published_tools after{node};
  EXPECT_TRUE(wait_until([&] { return after.records_of(1) == 1; }));
}

TEST(tracker, what_peers_say_outlives_a_failed_write_and_is_dropped) {
  test_tracker node;
  publish(node, "a", learned("aider", 30));
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("b", "aider", 0.5, 10)));
  auto samples = [&] {
    auto best = node.best("feature", wire::ToolScope::HIVE);
    return best ? (*best)->getSampleCount() : 0;
  };
  EXPECT_EQ(samples(), 40u);
  node.gate->refuse_with = ec::storage_failed;
  EXPECT_FALSE(node.record({{}}));
  node.gate->refuse_with = ec::none;
  EXPECT_EQ(samples(), 40u) << "the statistics were read from the store again";
  withdraw(node, "a");
  EXPECT_EQ(samples(), 10u);
  publish(node, "a", learned("aider", 30));
  EXPECT_EQ(samples(), 40u);
  publish(node, "a", {});
  EXPECT_EQ(samples(), 10u) << "it erased its slot";
  publish(node, "a", learned("aider", 30));
  node.restart();
  EXPECT_EQ(samples(), 10u) << "whoever said it says it again";
}

TEST(tracker, what_a_node_of_the_hive_says_replaces_an_import_in_its_name) {
  test_tracker node;
  auto samples = [&] {
    auto best = node.best("feature", wire::ToolScope::HIVE);
    return best ? (*best)->getSampleCount() : 0;
  };
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10)));
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("b", "aider", 0.5, 7)));
  publish(node, "a", learned("aider", 30), "17");
  EXPECT_EQ(samples(), 37u);
  auto late = node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10));
  ASSERT_FALSE(late);
  EXPECT_EQ(code_of(late.error()), ec::conflict) << "the node says it itself";
  ASSERT_TRUE(node.record({{}})); // once this is durable, so is everything before it
  node.restart();
  EXPECT_EQ(samples(), 7u) << "the import is gone for good";

  ASSERT_TRUE(node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10)));
  withdraw(node, "a");
  EXPECT_EQ(samples(), 7u) << "a node in quarantine counts by no way";
  ASSERT_TRUE(node.record({{}}));
  node.restart();
  EXPECT_EQ(samples(), 7u);
}

TEST(tracker, what_was_told_longest_ago_gives_way_where_deltas_without_origin_say_too_much) {
  test_tracker node{{.hive = {.tools_per_origin = 3}}};
  auto told = [](const std::string& task, uint32_t tools) {
    return msg<wire::LearningDelta>::build([&](wire::LearningDelta::Builder out) {
      auto learned = out.initCodingBenchmarks(1)[0];
      learned.setTaskType(task);
      auto list = learned.initTools(tools);
      for (uint32_t i = 0; i < tools; ++i) {
        list[i].setToolName("tool" + std::to_string(i));
        list[i].setSuccessRate(1);
        list[i].setSampleCount(5);
      }
    });
  };
  for (const auto& [task, tools] : {std::pair{"a", 2}, {"b", 1}, {"c", 1}, {"d", 1}})
    ASSERT_TRUE(node.ask<wire::Recorded>(told(task, static_cast<uint32_t>(tools))));
  EXPECT_FALSE(node.best("a", wire::ToolScope::HIVE));
  for (const char* task : {"b", "c", "d"})
    EXPECT_TRUE(node.best(task, wire::ToolScope::HIVE)) << task;
  EXPECT_FALSE(node.ask<wire::Recorded>(told("e", 4))) << "too much at once";
  EXPECT_TRUE(node.best("b", wire::ToolScope::HIVE)) << "and nothing is lost";
  node.restart();
  EXPECT_FALSE(node.best("a", wire::ToolScope::HIVE));
  for (const char* task : {"b", "c", "d"})
    EXPECT_TRUE(node.best(task, wire::ToolScope::HIVE)) << task << " is not there after a restart";
}

TEST(tracker, a_delta_that_narrower_limits_would_refuse_does_not_stop_a_start) {
  test_tracker node;
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10)));
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("b", "claude_code", 0.5, 10)));
  node.options.hive.tools_per_task = 1;
  node.restart();
  auto best = node.best("feature", wire::ToolScope::HIVE);
  ASSERT_TRUE(best) << text_of(best.error());
  EXPECT_EQ(as_view((*best)->getToolName()), "aider") << "the first one fits";
  node.options.hive = {};
  node.restart();
  auto drop = msg<wire::DropDelta>::build([](wire::DropDelta::Builder out) { out.setOrigin("b"); });
  EXPECT_TRUE(node.ask<wire::DropDelta>(drop)) << "it is still stored";
}

TEST(tracker, an_imported_delta_can_be_dropped) {
  test_tracker node;
  ASSERT_TRUE(node.ask<wire::Recorded>(delta("a", "aider", 0.5, 10)));
  auto drop = msg<wire::DropDelta>::build([](wire::DropDelta::Builder out) { out.setOrigin("a"); });
  ASSERT_TRUE(node.ask<wire::DropDelta>(drop));
  auto again = node.ask<wire::DropDelta>(drop);
  ASSERT_FALSE(again);
  EXPECT_EQ(code_of(again.error()), ec::not_found);
  EXPECT_FALSE(node.best("feature", wire::ToolScope::HIVE));
  node.restart();
  EXPECT_FALSE(node.best("feature", wire::ToolScope::HIVE));
}

} // namespace
} // namespace hive
