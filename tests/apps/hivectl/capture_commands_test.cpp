#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

constexpr auto first_page = R"({"version":"v1","running":9,"next":5,"captures":[
  {"capture_id":3,"captured_at":"2026-02-24T12:00:00Z","tier":"fast","git_sha":"abc","metric_count":12,
   "adapter_errors":1,"imported":false,"node":"alpha"}]})";
constexpr auto last_page = R"({"version":"v1","running":9,"captures":[
  {"capture_id":7,"captured_at":"2026-02-25T12:00:00Z","tier":"fast","metric_count":12,"imported":true,
   "node":"beta"}]})";

fake_node paging() {
  return fake_node{[](const fake_request& request) {
    return fake_response{200, request.target.find("after=") == std::string::npos ? first_page : last_page};
  }};
}

TEST(snapshot_captures, lists_all_pages_and_what_runs) {
  auto node = paging();
  auto result = hivectl(node.url(), {"snapshot", "captures", "v1"});
  EXPECT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(node.requests().size(), 2u);
  EXPECT_EQ(node.requests()[0].target, "/api/v1/snapshots/v1/captures?limit=1000");
  EXPECT_EQ(node.requests()[1].target, "/api/v1/snapshots/v1/captures?limit=1000&after=5");
  EXPECT_THAT(result.out, HasSubstr("      3  2026-02-24T12:00:00Z  fast  abc           12       1  no        alpha\n"
                                    "      7  2026-02-25T12:00:00Z  fast  -             12       0  yes       beta\n"
                                    "Capture 9 is running.\n"));
}

TEST(snapshot_captures, as_json_are_one_document) {
  auto node = paging();
  auto list = from_json<wire::CaptureList>(hivectl(node.url(), {"--json", "snapshot", "captures", "v1"}).out);
  ASSERT_TRUE(list) << text_of(list.error());
  EXPECT_EQ((*list)->getCaptures().size(), 2u);
  EXPECT_EQ((*list)->getRunning(), 9u);
}

TEST(snapshot_captures, of_a_node_whose_list_does_not_end_are_refused) {
  fake_node node{[](const fake_request&) { return fake_response{200, first_page}; }};
  auto result = hivectl(node.url(), {"snapshot", "captures", "v1"});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("does not end"));
  EXPECT_EQ(node.requests().size(), 2u);
}

TEST(snapshot_delete, sends_the_reason_and_says_what_is_left) {
  std::string answer = R"({"version":"v1","capture_id":7,"reason":"r","captures":2,"latest":5})";
  fake_node node{[&](const fake_request&) { return fake_response{200, answer}; }};
  auto result = hivectl(node.url(), {"snapshot", "delete", "v1", "--capture", "7", "--reason", "a backup & more"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "DELETE");
  EXPECT_EQ(node.requests().back().target, "/api/v1/snapshots/v1/captures/7?reason=a%20backup%20%26%20more");
  EXPECT_EQ(result.out, "Deleted capture 7 of v1. Its snapshot is capture 5, of 2 that are left.\n");
  answer = R"({"version":"v1","capture_id":7,"reason":"r","captures":0})";
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "delete", "v1", "--capture", "7", "--reason", "r"}).out,
            "Deleted capture 7 of v1. It was the last one: the version is unknown now.\n");
}

TEST(snapshot_delete, needs_a_capture_and_a_reason) {
  fake_node node{[](const fake_request&) { return fake_response{200, "{}"}; }};
  for (std::vector<std::string> arguments : {std::vector<std::string>{"snapshot", "delete", "v1"},
                                             {"snapshot", "delete", "v1", "--capture", "7"},
                                             {"snapshot", "delete", "v1", "--reason", "r"},
                                             {"snapshot", "delete", "v1", "--capture", "0", "--reason", "r"}})
    EXPECT_EQ(hivectl(node.url(), arguments).status, 64) << testing::PrintToString(arguments);
  EXPECT_TRUE(node.requests().empty());
}

} // namespace
} // namespace hive::test
