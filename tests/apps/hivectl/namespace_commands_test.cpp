#include "messages/json.hpp"
#include "messages/namespace.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/apps/support/running_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(namespace_list, joins_all_pages) {
  fake_node node{[](const fake_request& request) {
    if (request.target.find("after=") == std::string::npos)
      return fake_response{200, R"({"namespaces":[{"id":"a","open":true}],"count":2,"max":9,"next":"a"})"};
    return fake_response{200, R"({"namespaces":[{"id":"b","open":false}],"count":2,"max":9})"};
  }};
  auto result = hivectl(node.url(), {"namespace", "list"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/namespaces?limit=1000&after=a");
  EXPECT_THAT(result.out, ContainsRegex("a +yes"));
  EXPECT_THAT(result.out, ContainsRegex("b +no"));
  auto list = from_json<wire::NamespaceList>(hivectl(node.url(), {"--json", "namespace", "list"}).out);
  ASSERT_TRUE(list);
  EXPECT_EQ((*list)->getNamespaces().size(), 2U);
  EXPECT_EQ((*list)->getMax(), 9U);
}

TEST(namespace_list, ends_when_a_node_repeats_itself) {
  auto node = answering(R"({"namespaces":[],"count":2,"max":9,"next":"a"})");
  auto result = hivectl(node.url(), {"namespace", "list"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("does not end"));
}

TEST(namespace_option, goes_with_each_request) {
  auto node = answering(R"({"total_benchmarks":0,"by_tool":[],"by_task_type":[]})");
  EXPECT_EQ(hivectl(node.url(), {"tool", "summary"}).status, 0);
  EXPECT_THAT(node.requests().back().headers, Not(HasSubstr("Hivemark-Namespace")));
  EXPECT_EQ(hivectl(node.url(), {"tool", "summary", "--namespace", "trial"}).status, 0);
  EXPECT_THAT(node.requests().back().headers, HasSubstr("Hivemark-Namespace: trial"));
}

TEST(namespace_option, is_an_id) {
  auto result = hivectl("http://127.0.0.1:1", {"--namespace", "a\nb: c", "tool", "summary"});
  EXPECT_EQ(result.status, 64);
  EXPECT_THAT(result.err, HasSubstr("--namespace"));
}

TEST(namespace_commands, separate_what_a_real_node_holds) {
  running_node node;
  auto in_trial = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--namespace", "trial"});
    return hivectl(node, std::move(arguments));
  };
  auto captured = in_trial({"snapshot", "capture", "v1", "--adapter", "guardrail"});
  EXPECT_EQ(captured.status, 0) << captured.err;
  EXPECT_THAT(in_trial({"snapshot", "list"}).out, HasSubstr("v1"));
  EXPECT_THAT(hivectl(node, {"snapshot", "list"}).out, Not(HasSubstr("v1")));
  EXPECT_THAT(hivectl(node, {"namespace", "list"}).out, HasSubstr("trial"));
  auto whole = in_trial({"namespace", "list"});
  EXPECT_EQ(whole.status, 65);
  EXPECT_THAT(whole.err, HasSubstr("has no namespaces"));

  auto deleted = hivectl(node, {"namespace", "delete", "trial"});
  EXPECT_EQ(deleted.status, 0) << deleted.err;
  EXPECT_EQ(deleted.out, "Deleted trial and all that was in it.\n");
  EXPECT_THAT(hivectl(node, {"namespace", "list"}).out, Not(HasSubstr("trial")));
  EXPECT_THAT(in_trial({"snapshot", "list"}).out, Not(HasSubstr("v1")));
  EXPECT_EQ(hivectl(node, {"namespace", "delete", "trial"}).status, 66);
}

} // namespace
} // namespace hive::test
