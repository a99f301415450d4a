#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

const std::string ignores_sigterm = "trap '' TERM; while :; do sleep 0.2; done";

class capture_faults : public testing::Test {
protected:
  void SetUp() override {
    node.await_ready();
  }

  void add(const std::string& name, const std::string& script, double timeout_s = 60) {
    register_script(node, name, script, mark, timeout_s);
  }

  msg<wire::Snapshot> capture(const std::string& version) {
    auto answer = node.post("/api/v1/snapshots", R"({"version":)" + json_string(version) + "}");
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.as<wire::Snapshot>();
  }

  static void expect_failed(const msg<wire::Snapshot>& snapshot, const char* adapter, const char* why) {
    auto outcome = outcome_of(snapshot, adapter);
    EXPECT_EQ(outcome.getStatus(), wire::AdapterStatus::ERROR) << adapter;
    EXPECT_THAT(outcome.getReason().cStr(), HasSubstr(why)) << adapter;
    for (auto metric : snapshot->getMetrics())
      EXPECT_STRNE(metric.getAdapter().cStr(), adapter);
  }

  void expect_no_child() {
    EXPECT_TRUE(wait_until([&] { return processes_marked(mark).empty(); }))
      << processes_marked(mark).size() << " processes are left";
  }

  temporary_directory temp;
  std::string mark = temp.path().filename().string() + "-child";
  hived_process node{{.directory = temp.path()}};
};

TEST_F(capture_faults, one_that_hangs_crashes_or_is_missing_costs_no_other_its_result) {
  add("first-healthy", print_metric("speed", "41.5"));
  add("hangs", ignores_sigterm, 1);
  add("crashes", "kill -SEGV $$");
  ASSERT_EQ(node.post("/api/v1/benchmarks", R"({"name":"missing","command":["/nonexistent/measure"]})").status, 201);
  add("last-healthy", "sleep 0.3; " + print_metric("depth", "7"));

  auto snapshot = capture("v1");
  EXPECT_EQ(metric_of(snapshot, "speed").getValue(), 41.5);
  EXPECT_EQ(metric_of(snapshot, "depth").getValue(), 7);
  EXPECT_EQ(outcome_of(snapshot, "first-healthy").getStatus(), wire::AdapterStatus::OK);
  EXPECT_EQ(outcome_of(snapshot, "last-healthy").getStatus(), wire::AdapterStatus::OK);
  expect_failed(snapshot, "hangs", "time limit");
  expect_failed(snapshot, "crashes", "SIGSEGV");
  expect_failed(snapshot, "missing", "/nonexistent/measure");
  expect_no_child();

  // The answer is what was stored, and the next capture has the same result: no adapter stopped working.
  EXPECT_EQ(node.get("/api/v1/snapshots/v1").body, to_json(snapshot));
  auto again = capture("v2");
  EXPECT_EQ(metric_of(again, "speed").getValue(), 41.5);
  expect_failed(again, "hangs", "time limit");
  expect_failed(again, "crashes", "SIGSEGV");
  expect_failed(again, "missing", "/nonexistent/measure");
  expect_no_child();
}

TEST_F(capture_faults, what_a_command_leaves_running_is_ended_with_it) {
  add("forks", "sh -c 'sleep 1000; :' " + mark + " & " + print_metric("forked", "1"));
  add("forks-and-dies", "sh -c 'sleep 1000; :' " + mark + " & exit 3");
  auto snapshot = capture("v1");
  EXPECT_EQ(metric_of(snapshot, "forked").getValue(), 1);
  expect_failed(snapshot, "forks-and-dies", "status 3");
  expect_no_child();
}

TEST_F(capture_faults, what_a_command_prints_wrongly_is_an_error_and_never_a_metric) {
  add("healthy", print_metric("speed", "1"));
  add("silent", "true");
  add("chatty", "echo hello");
  add("half", R"(printf '{"metrics":{"m":{"value":1,"direction":"higher"')");
  add("infinite", print_metric("m", "1e999"));
  add("nameless", print_metric("", "1"));
  add("twice", R"(echo '{"metrics":{"m":{"value":1,"direction":"lower"},"m":{"value":2,"direction":"lower"}}}')");
  add("endless", "yes", 1);
  add("not-utf8", R"(printf '{"skipped":"\377"}')");
  add("fails-after-printing", print_metric("late", "1") + "; exit 4");

  auto snapshot = capture("v1");
  EXPECT_EQ(snapshot->getMetrics().size(), 1u) << to_json(snapshot);
  expect_failed(snapshot, "silent", "prints nothing");
  expect_failed(snapshot, "chatty", "prints no measurement");
  expect_failed(snapshot, "half", "prints no measurement");
  expect_failed(snapshot, "infinite", "/metrics/m/value");
  expect_failed(snapshot, "nameless", "name");
  expect_failed(snapshot, "twice", "m");
  expect_failed(snapshot, "not-utf8", "UTF-8");
  expect_failed(snapshot, "fails-after-printing", "status 4");
  EXPECT_EQ(outcome_of(snapshot, "endless").getStatus(), wire::AdapterStatus::ERROR);
  expect_no_child();
}

TEST_F(capture_faults, two_adapters_with_one_metric_name_keep_both_values) {
  add("left", print_metric("speed", "1"));
  add("right", print_metric("speed", "2"));
  auto snapshot = capture("v1");
  EXPECT_EQ(metric_of(snapshot, "left.speed").getValue(), 1);
  EXPECT_EQ(metric_of(snapshot, "right.speed").getValue(), 2);
}

} // namespace
} // namespace hive::cluster
