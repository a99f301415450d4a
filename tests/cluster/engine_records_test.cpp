// Records of engines with many callers, with real nodes.

#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "tests/cluster/engine_hive.hpp"

#include <atomic>
#include <thread>

namespace hive::cluster {
namespace {

class engine_records_test : public engine_hive {
protected:
  static msg<wire::RecordTasks> record(const std::string& tool, const std::string& key = {}) {
    return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
      auto task = out.initTasks(1)[0];
      task.setTaskType("refactor");
      task.setToolName(tool);
      task.setCompletionTimeS(1);
      task.setSuccess(true);
      task.setIdempotencyKey(key);
    });
  }

  /// Records that the node has counted.
  static uint64_t counted(const hived_process& node) {
    return node.get("/api/v1/tools/summary").as<wire::ToolSummary>()->getTotalBenchmarks();
  }
};

TEST_F(engine_records_test, each_of_many_threads_learns_what_became_of_its_own_records) {
  constexpr int threads = 16, rounds = 15;
  near = start(options("near"));
  auto engine = connect(*near);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < threads; ++i)
      callers.emplace_back([&, i] {
        for (int round = 0; round < rounds; ++round) {
          auto key = std::to_string(i) + "-" + std::to_string(round);
          auto first = engine.record(record("aider", key)), again = engine.record(record("aider", key));
          auto refused = engine.record(record(std::string(129, 'x')));
          wrong += !first || (*first)->getRecorded() != 1 || (*first)->getDuplicates() != 0;
          wrong += !again || (*again)->getRecorded() != 0 || (*again)->getDuplicates() != 1;
          wrong += refused || code_of(refused.error()) != ec::invalid;
        }
      });
  }
  EXPECT_EQ(wrong, 0) << near->log();
  EXPECT_EQ(counted(*near), uint64_t{threads} * rounds);
}

TEST_F(engine_records_test, what_waits_is_sent_when_the_engine_ends) {
  constexpr uint64_t records = 500;
  near = start(options("near"));
  {
    auto engine = connect(*near);
    auto recorder = engine.recorder();
    ASSERT_TRUE(recorder) << text_of(recorder.error());
    for (uint64_t i = 0; i < records; ++i)
      caf::anon_send(*recorder, record("aider"));
  }
  EXPECT_EQ(counted(*near), records);
}

TEST_F(engine_records_test, recording_goes_on_when_the_node_is_back) {
  near = start(options("near"));
  auto door = near->door();
  auto engine = connect(*near);
  ASSERT_TRUE(engine.record(record("aider", "first")));
  near->kill();
  auto lost = engine.record(record("aider", "second"));
  ASSERT_FALSE(lost);
  EXPECT_TRUE(code_of(lost.error()) == ec::unavailable || code_of(lost.error()) == ec::outcome_unknown)
    << text_of(lost.error());
  near = start(options("near", allow_shell, door));
  caf::expected<msg<wire::TasksRecorded>> again{caf::error{}};
  EXPECT_TRUE(wait_until([&] {
    again = engine.record(record("aider", "second"));
    return again.engaged();
  }))
    << text_of(again.error());
  EXPECT_EQ(counted(*near), 2U);
}

} // namespace
} // namespace hive::cluster
