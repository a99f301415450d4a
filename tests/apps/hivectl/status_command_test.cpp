#include "messages/json.hpp"
#include "messages/status.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A node that answers the requests of `hivectl status` with this status.
fake_node node_with(const std::string& status, bool knows_members = true) {
  return fake_node{[=](const fake_request& request) -> fake_response {
    if (request.target == "/api/v1/status")
      return {200, status};
    if (request.target == "/api/v1/hive/nodes" && !knows_members)
      return problem(503, R"({"title":"x","detail":"the federation is being restarted","code":"unavailable"})");
    if (request.target == "/api/v1/hive/nodes")
      return {200, R"({"nodes":[{"id":"a","state":"active"},{"id":"b","state":"stale"},{"id":"c","state":"active"}]})"};
    if (request.target == "/api/v1/benchmarks")
      return {200, R"({"benchmarks":[{"name":"x","available":true},{"name":"y","available":false}]})"};
    return {200, R"({"results":{"a.m":{"version":"v1","captured_at":"2020-01-01T00:00:00Z"},
                                "a.n":{"version":"v2","captured_at":"2021-01-01T00:00:00Z"}}})"};
  }};
}

constexpr auto serving = R"({"health":{"status":"ok","node":"node7","id":"ab12","version":"1.2.3","uptime_s":7200,
  "epoch":4},"ready":true,"store_free_bytes":13314398618,"store_min_free_bytes":268435456})";
constexpr auto full = R"({"health":{"status":"ok","node":"node7","id":"ab12","version":"1.2.3"},"ready":false,
  "not_ready":"the disk is full"})";

TEST(status, is_one_screen) {
  auto node = node_with(serving);
  auto result = hivectl(node.url(), {"status"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Node          node7 (ab12) at " + node.url() + "\n"),
                                HasSubstr("Version       1.2.3, started 2 hours ago, epoch 4\n"),
                                HasSubstr("Serving       yes\n"), HasSubstr("12.4 GiB left"), HasSubstr("256.0 MiB")));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("Members       3 (2 active, 1 stale)\n"), HasSubstr("Benchmarks    1 of 2 available"),
                    HasSubstr("Last capture  v2, "), HasSubstr(" years ago\n"), HasSubstr("Token         none\n")));
}

TEST(status, ends_with69_when_the_node_is_not_serving) {
  auto node = node_with(full, false);
  auto result = hivectl(node.url(), {"status"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Serving       no: the disk is full\n"),
                                HasSubstr("Not known     members: the federation is being restarted\n"),
                                Not(HasSubstr("Members"))));
  EXPECT_EQ(hivectl(dead_url(), {"status"}).status, 69);
}

TEST(status, is_a_document_too) {
  auto node = node_with(serving);
  auto result = hivectl(node.url(), {"status", "--json"});
  auto report = from_json<wire::StatusReport>(result.out);
  ASSERT_TRUE(report) << text_of(report.error());
  EXPECT_TRUE((*report)->getStatus().getReady());
  EXPECT_EQ((*report)->getLastCapture().getVersion(), "v2");
  ASSERT_EQ((*report)->getMembers().size(), 2U);
  EXPECT_EQ((*report)->getMembers()[0].getState(), "active");
  EXPECT_EQ((*report)->getMembers()[0].getNodes(), 2U);
}

TEST(status, of_a_real_node) {
  running_node node;
  auto result = hivectl(node.url(), {"status"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("Serving       yes\n"), HasSubstr("Members       1 (1 active)\n"),
                                HasSubstr("left on its disk"), HasSubstr("Last capture  none yet")));
}

} // namespace
} // namespace hive::test
