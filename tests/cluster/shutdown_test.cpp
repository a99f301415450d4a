#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <csignal>
#include <future>
#include <gmock/gmock.h>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

/// A node with one stored snapshot and an adapter that measures until it is killed.
class shutdown_of_node : public testing::TestWithParam<int> {
protected:
  void SetUp() override {
    node.emplace(hived_options{.directory = temp.path()}).await_ready();
    stored = node->put(snapshots + "/before", R"({"metrics":{"m":{"value":1,"direction":"lower"}}})").body;
    register_script(*node, "endless", "trap '' TERM INT; while :; do sleep 0.1; done", mark, 600);
  }

  void start_capture() {
    ASSERT_EQ(node->post(snapshots + "?wait=false", R"({"version":"cut"})").status, 202);
    await_child();
  }

  void await_child() {
    ASSERT_TRUE(wait_until([&] { return !processes_marked(mark).empty(); }));
  }

  void expect_no_child() {
    EXPECT_TRUE(wait_until([&] { return processes_marked(mark).empty(); }));
  }

  /// Checks that the next node on the same data has the stored snapshot and nothing of the interrupted capture.
  void expect_only_whole_snapshots() {
    node.emplace(hived_options{.directory = temp.path()}).await_ready();
    EXPECT_EQ(node->get(snapshots + "/before").body, stored);
    EXPECT_EQ(node->get(snapshots + "/cut").status, 404);
  }

  temporary_directory temp;
  std::string mark = temp.path().filename().string() + "-child";
  std::optional<hived_process> node;
  std::string stored;
};

TEST_P(shutdown_of_node, an_idle_node_stops_with_success) {
  node->send(GetParam());
  EXPECT_EQ(node->await_end(), (process_end{0, 0}));
  EXPECT_THAT(node->log(), HasSubstr("hived has stopped"));
  expect_only_whole_snapshots();
}

TEST_P(shutdown_of_node, a_running_capture_is_ended_with_its_child) {
  start_capture();
  node->send(GetParam());
  EXPECT_EQ(node->await_end(), (process_end{0, 0}));
  EXPECT_TRUE(processes_marked(mark).empty()) << "a child outlives the node";
  expect_only_whole_snapshots();
}

TEST_P(shutdown_of_node, a_client_that_waits_for_the_capture_is_told) {
  auto answer = std::async(std::launch::async, [&] { return node->post(snapshots, R"({"version":"cut"})"); });
  await_child();
  node->send(GetParam());
  EXPECT_EQ(node->await_end(), (process_end{0, 0}));
  auto told = answer.get();
  EXPECT_EQ(told.status, 503) << told.body;
  EXPECT_EQ(told.content_type, "application/problem+json");
  expect_only_whole_snapshots();
}

TEST_P(shutdown_of_node, a_second_signal_stops_at_once) {
  start_capture();
  node->send(GetParam());
  ASSERT_TRUE(wait_until([&] { return node->log().find("Stopping on signal") != std::string::npos; }));
  node->send(GetParam());
  EXPECT_EQ(node->await_end(), (process_end{128 + GetParam(), 0}));
  expect_no_child();
  expect_only_whole_snapshots();
}

INSTANTIATE_TEST_SUITE_P(signals, shutdown_of_node, testing::Values(SIGTERM, SIGINT),
                         [](const auto& info) { return info.param == SIGTERM ? "sigterm" : "sigint"; });

} // namespace
} // namespace hive::cluster
