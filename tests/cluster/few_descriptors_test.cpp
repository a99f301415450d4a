#include "tests/cluster/http_node.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <list>

// Nodes with few file descriptors, and more clients than that.

namespace hive::cluster {
namespace {

using testing::HasSubstr;

std::vector<std::string> limited_to(unsigned descriptors) {
  return {"/bin/sh", "-c", "ulimit -n " + std::to_string(descriptors) + R"(; exec "$@")", "sh"};
}

class few_descriptors : public testing::TestWithParam<unsigned> {
protected:
  temporary_directory temp_;
};

/// Connections of all kinds, many more than there are descriptors.
void storm(const hived_process& node) {
  const char* beginnings[] = {"", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /hea",
                              "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"};
  std::list<raw_connection> open;
  for (size_t i = 0; i < 900; ++i) {
    open.emplace_back(port_of(node)).send(beginnings[i % std::size(beginnings)]);
    if (open.size() > 600)
      open.pop_front();
  }
}

TEST_P(few_descriptors, a_node_serves_again_after_a_storm_of_connections) {
  hived_process node{{.directory = temp_.path(), .wrapper = limited_to(GetParam())}};
  node.await_ready();
  for (size_t round = 0; round < 3; ++round) {
    storm(node);
    EXPECT_TRUE(wait_until([&] { return node.get("/healthz").status == 200; }));
    EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
    EXPECT_EQ(node.post("/api/v1/tasks", task_record(round)).status, 201);
  }
  register_script(node, "small", print_metric("m", "1"), "small");
  auto snapshot = node.post("/api/v1/snapshots", R"({"version":"v1"})");
  EXPECT_EQ(snapshot.status, 201) << snapshot.body;
  EXPECT_EQ(metric_of(snapshot.as<wire::Snapshot>(), "m").getValue(), 1) << "its child processes have theirs";
}

INSTANTIATE_TEST_SUITE_P(limits, few_descriptors, testing::Values(64, 128, 256, 512),
                         [](const auto& limit) { return std::to_string(limit.param); });

TEST_F(few_descriptors, a_node_that_cannot_work_with_so_few_says_so_at_its_start) {
  hived_process node{{.directory = temp_.path(), .wrapper = limited_to(32)}};
  EXPECT_FALSE(node.becomes_ready());
  EXPECT_EQ(node.await_end(), (process_end{1, 0}));
  EXPECT_THAT(node.log(), HasSubstr("ulimit -n"));
}

TEST_F(few_descriptors, the_soft_limit_is_raised_for_the_node_and_not_for_its_children) {
  hived_process node{
    {.directory = temp_.path(), .wrapper = {"/bin/sh", "-c", R"(ulimit -Sn 100; ulimit -Hn 1000; exec "$@")", "sh"}}};
  node.await_ready();
  std::list<raw_connection> open;
  for (size_t i = 0; i < 200; ++i) {
    open.emplace_back(port_of(node)).send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(open.back().read_until("}"), HasSubstr("200 OK"));
  }
  EXPECT_EQ(metric(node, "hive_http_connections"), 201);
  register_script(node, "limits",
                  "printf '{\"metrics\":{\"soft\":{\"value\":%s,\"direction\":\"higher\"}}}' $(ulimit -Sn)", "limits");
  auto snapshot = node.post("/api/v1/snapshots", R"({"version":"v1"})");
  ASSERT_EQ(snapshot.status, 201) << snapshot.body;
  EXPECT_EQ(metric_of(snapshot.as<wire::Snapshot>(), "soft").getValue(), 100);
}

} // namespace
} // namespace hive::cluster
