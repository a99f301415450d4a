#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

fake_response stream(const std::string& body) {
  return {200, body, "text/event-stream"};
}

std::string event(int id, const std::string& content) {
  auto number = std::to_string(id);
  return "id: " + number + "\nevent: x\ndata: {\"id\":" + number + R"(,"time":"2026-02-03T04:05:06Z",)" + content +
         "}\n\n";
}

const std::string joined = R"("kind":"membership","membership":{"node":"ab12","name":"node7","change":"joined"})";
const std::string finished =
  R"("kind":"capture","capture":{"version":"v2","capture_id":3,"step":"finished","metrics":5})";
const std::string failed =
  R"("kind":"capture","capture":{"version":"v3","capture_id":4,"step":"failed","metrics":0,"reason":"disk full"})";
const std::string regressed = R"("kind":"verdict","verdict":{"old":"v1","new":"v2","policy":"strict",)"
                              R"("verdict":"regressed","reason":"1 of 3","compared":3,"regressions":1})";
const std::string missed = R"("kind":"missed","missed":{"count":17})";

/// Streams `body` on the first connection; the error on the second ends the command.
fake_node::handler once(const std::string& body) {
  auto asked = std::make_shared<int>(0);
  return [body, asked](const fake_request&) {
    return ++*asked == 1
             ? stream(body)
             : problem(401, R"({"title":"Unauthorized","status":401,"detail":"no token","code":"unauthorized"})");
  };
}

TEST(event_commands, prints_a_line_for_each_event) {
  fake_node node{once(event(7, joined) + event(8, finished) + event(9, failed) + event(10, regressed) +
                      event(11, missed) + ": still here\n\n")};
  auto result = hivectl(node.url(), {"events"});
  EXPECT_EQ(result.status, 77);
  EXPECT_EQ(result.out, "7  2026-02-03T04:05:06Z  membership  node7 (ab12) joined\n"
                        "8  2026-02-03T04:05:06Z  capture  v2 finished, 5 metrics\n"
                        "9  2026-02-03T04:05:06Z  capture  v3 failed: disk full\n"
                        "10  2026-02-03T04:05:06Z  verdict  v2 after v1 is regressed (policy strict): 1 of 3\n"
                        "11  2026-02-03T04:05:06Z  missed  17 events before this one are no longer kept\n");
  EXPECT_THAT(result.err, AllOf(HasSubstr("reconnecting"), HasSubstr("no token")));
}

TEST(event_commands, shows_what_the_hive_decides) {
  fake_node node{
    once(event(7, R"("kind":"upgrade","upgrade":{"id":"0a1b2c3d4e5f","track":"main","step":"voted","node":"ab12",)"
                  R"("verdict":"regressed","reason":"latency.p99"})"))};
  auto result = hivectl(node.url(), {"events", "--kind", "upgrade"});
  EXPECT_EQ(node.requests().front().target, "/api/v1/events?since=-1&kind=upgrade");
  EXPECT_THAT(result.out, HasSubstr("upgrade 0a1b2c3d (track main) voted regressed by ab12: latency.p99\n"));
}

TEST(event_commands, goes_on_behind_the_last_event_when_it_reconnects) {
  fake_node node{once(event(7, joined) + event(8, finished))};
  hivectl(node.url(), {"events", "--since", "3", "--kind", "capture,membership", "--kind", "verdict"});
  auto requests = node.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].target, "/api/v1/events?since=3&kind=capture,membership,verdict");
  EXPECT_THAT(requests[0].headers, AllOf(HasSubstr("Accept: text/event-stream"), Not(HasSubstr("Last-Event-ID"))));
  EXPECT_THAT(requests[1].headers, HasSubstr("Last-Event-ID: 8"));
}

TEST(event_commands, json_is_a_line_for_each_event) {
  fake_node node{once(event(7, joined) + event(8, finished))};
  auto result = hivectl(node.url(), {"--json", "events"});
  EXPECT_THAT(result.out, AllOf(HasSubstr(R"("name":"node7")"), HasSubstr(R"("step":"finished")")));
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2);
}

TEST(event_commands, what_does_not_fit_the_schema_ends_it) {
  fake_node node{once(event(7, joined) + event(8, R"("kind":"weather")") + event(9, finished))};
  auto result = hivectl(node.url(), {"events"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.out, AllOf(HasSubstr("node7"), Not(HasSubstr("v2"))));
  EXPECT_THAT(result.err, HasSubstr("does not fit hivectl"));
}

TEST(event_commands, a_node_that_was_never_there_ends_it) {
  auto result = hivectl(dead_url(), {"events"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("cannot be reached"));
}

TEST(event_commands, wrong_usage_is_named) {
  for (const auto& wrong :
       {std::vector<std::string>{"events", "--kind", "weather"}, {"events", "--since", "-4"}, {"events", "now"}}) {
    auto result = hivectl("http://127.0.0.1:1", wrong);
    EXPECT_EQ(result.status, 64) << wrong.back();
    EXPECT_NE(result.err, "");
  }
  EXPECT_THAT(hivectl({"events", "--help"}).out, AllOf(HasSubstr("--since"), HasSubstr("Ctrl-C"), HasSubstr("jq")));
}

TEST(event_commands, control_characters_of_a_node_have_no_power) {
  fake_node node{
    once(event(7, R"("kind":"membership","membership":{"node":"ab","change":"dead","reason":"\u001b[2J"})"))};
  EXPECT_THAT(hivectl(node.url(), {"events"}).out, HasSubstr("ab dead: \\x1b[2J\n"));
}

} // namespace
} // namespace hive::test
