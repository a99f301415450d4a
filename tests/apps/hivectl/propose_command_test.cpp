#include "tests/apps/hivectl/upgrade_samples.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// `upgrade propose v2.0 v2.1` with these options.
program_result propose(const fake_node& node, std::vector<std::string> options) {
  options.insert(options.begin(), {"upgrade", "propose", "v2.0", "v2.1"});
  return hivectl(node.url(), options);
}

int status_of_wait(std::vector<std::string> names, std::vector<std::string> more = {}) {
  auto node = deciding(std::move(names));
  more.emplace_back("--wait");
  return propose(node, more).status;
}

TEST(upgrade_propose, sends_what_was_said) {
  auto node = deciding({"announced"});
  auto result = propose(node, {"--member",
                               "ab12",
                               "--member",
                               "cd34",
                               "--policy",
                               "weighted",
                               "--judge",
                               "strict",
                               "--deadline",
                               "1.5h",
                               "--stage",
                               "20%:10m",
                               "--stage",
                               "1:90:1h",
                               "--measure",
                               "--max-minutes",
                               "5",
                               "--attempts",
                               "2",
                               "--heavy-votes",
                               "1",
                               "--required-tier",
                               "central",
                               "--margin",
                               "latency.p99=10%",
                               "--queue",
                               "--track",
                               "edge"});
  EXPECT_EQ(result.status, 0) << result.err;
  auto request = node.requests().back();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/api/v1/upgrades?queue=true");
  auto sent = parse<wire::ProposeUpgrade>(request.body);
  auto expected = parse<wire::ProposeUpgrade>(R"({"from":"v2.0","to":"v2.1","track":"edge","members":["ab12","cd34"],
    "policy":"weighted","judge":"strict","deadline_s":5400,
    "stages":[{"share":0.2,"duration_s":600},{"share":1,"duration_s":90,"deadline_s":3600}],
    "measure":true,"max_minutes":5,"attempts":2,"heavy_votes":1,"required_tiers":["central"],
    "margins":[{"metric":"latency.p99","margin":0.1}]})");
  EXPECT_EQ(to_json(sent), to_json(expected));
}

TEST(upgrade_propose, leaves_to_the_node_what_was_not_said) {
  auto node = deciding({"announced"});
  auto result = propose(node, {});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("is announced"), HasSubstr("hivectl upgrade watch ")));
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades");
  auto sent = parse<wire::ProposeUpgrade>(node.requests().back().body);
  auto expected = parse<wire::ProposeUpgrade>(R"({"from":"v2.0","to":"v2.1","track":"main","members":[],"stages":[],
    "required_tiers":[],"margins":[],"policy":"configured","judge":"configured"})");
  EXPECT_EQ(to_json(sent), to_json(expected));
}

TEST(upgrade_propose, rounds_short_times_up_since_none_means_never) {
  auto node = deciding({"announced"});
  EXPECT_EQ(propose(node, {"--deadline", "0.2", "--stage", "50%:0.2s:0.2s"}).status, 0);
  auto sent = parse<wire::ProposeUpgrade>(node.requests().back().body);
  EXPECT_EQ(sent->getDeadlineS(), 1u);
  EXPECT_EQ(sent->getStages()[0].getDurationS(), 1u);
  EXPECT_EQ(sent->getStages()[0].getDeadlineS(), 1u);
}

TEST(upgrade_propose, wrong_usage_asks_nobody) {
  for (std::vector<std::string> wrong : {std::vector<std::string>{"--stage", "20%"},
                                         {"--stage", "20%:0"},
                                         {"--stage", "0:10m"},
                                         {"--stage", "2:10m"},
                                         {"--stage", "20%:10m:1h:1h"},
                                         {"--stage", "20%:10x"},
                                         {"--stage", "20%:2d"},
                                         {"--stage", "nan:10m"},
                                         {"--margin", "latency.p99"},
                                         {"--margin", "latency.p99=96%"},
                                         {"--margin", "latency.p99=x"},
                                         {"--policy", "some"},
                                         {"--attempts", "17"},
                                         {"--deadline", "31d"},
                                         {"--required-tier", "local"},
                                         {"--through-rollout"},
                                         {"--timeout", "10m"},
                                         {"--max-minutes", "5"},
                                         {"--member", "no id"}}) {
    auto node = deciding({"announced"});
    auto result = propose(node, wrong);
    EXPECT_EQ(result.status, 64) << testing::PrintToString(wrong) << result.err;
    EXPECT_NE(result.err, "");
    EXPECT_TRUE(node.requests().empty());
  }
}

TEST(upgrade_propose, another_open_proposal_is_named_with_the_way_out) {
  auto node = fake_node{[](const fake_request&) {
    return problem(409, R"({"title":"Conflict","status":409,"detail":"0a1b2c is open","code":"conflict"})");
  }};
  auto result = propose(node, {"--wait"});
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.err, AllOf(HasSubstr("0a1b2c is open"), HasSubstr("--queue")));
  EXPECT_THAT(propose(node, {"--queue"}).err, Not(HasSubstr("--queue")));
}

TEST(upgrade_propose, waits_and_ends_as_the_hive_decides) {
  EXPECT_EQ(status_of_wait({"announced", "pending", "approved"}), 0);
  EXPECT_EQ(status_of_wait({"pending", "rejected"}), 1);
  EXPECT_EQ(status_of_wait({"pending", "rolled_back"}), 1);
  EXPECT_EQ(status_of_wait({"pending", "rolling_back"}), 1);
  EXPECT_EQ(status_of_wait({"pending", "held"}), 2);
  EXPECT_EQ(status_of_wait({"pending", "aborted"}), 2);
  EXPECT_EQ(status_of_wait({"pending", "conflict"}), 2);
  EXPECT_EQ(status_of_wait({"announced", "refused"}), 65);
}

TEST(upgrade_propose, through_the_rollout_ends_with_the_rollout) {
  EXPECT_EQ(status_of_wait({"pending", "approved", "canary", "complete"}, {"--through-rollout"}), 0);
  EXPECT_EQ(status_of_wait({"approved", "rolling_back", "rolled_back"}, {"--through-rollout"}), 1);
}

TEST(upgrade_propose, with_a_time_limit_waits_for_what_is_held) {
  EXPECT_EQ(status_of_wait({"held", "approved"}, {"--timeout", "10m"}), 0);
  auto node = deciding({"held"});
  auto result = propose(node, {"--wait", "--timeout", "0.05"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--timeout is over"), HasSubstr("hivectl upgrade stop ")));
}

TEST(upgrade_propose, tells_what_happens_beside_the_answer) {
  auto node = deciding({"pending", "rejected"});
  auto result = propose(node, {"--wait"});
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("n1 votes safe (1 of 5 have voted)\n"), HasSubstr("awaited: n2, n3, n4, n5\n"),
                    HasSubstr("n3 votes regressed: latency.p99: 120 ms")));
  EXPECT_THAT(result.out, AllOf(HasSubstr("Decision  rejected\n"), Not(HasSubstr("have voted"))));
  auto again = deciding({"pending", "rejected"});
  EXPECT_EQ(parse<wire::ClusterUpgrade>(propose(again, {"--wait", "--json"}).out)->getDecision(),
            wire::UpgradeDecision::REJECTED);
}

TEST(upgrade_propose, an_event_is_looked_at_and_a_lost_stream_does_not_matter) {
  auto upgrade = upgrade_sample("pending");
  auto event = std::string{"id: 1\ndata: {\"upgrade\":{\"id\":\""} + upgrade->getId().cStr() + "\"}}\n\n";
  auto looks = std::make_shared<std::atomic<int>>(0);
  auto streams = std::make_shared<std::atomic<int>>(0);
  fake_node node{[=](const fake_request& request) -> fake_response {
    if (request.target.starts_with("/api/v1/events")) {
      EXPECT_EQ(request.target, "/api/v1/events?kind=upgrade");
      return ++*streams == 1 ? fake_response{200, event, "text/event-stream"} : fake_response{0, ""};
    }
    return {200, upgrade_json(++*looks > 3 ? "approved" : "pending")};
  }};
  EXPECT_EQ(propose(node, {"--wait"}).status, 0);
  EXPECT_GE(*streams, 1);
}

TEST(upgrade_propose, a_node_in_its_restart_is_waited_for) {
  auto asked = std::make_shared<std::atomic<int>>(0);
  fake_node node{[=](const fake_request& request) -> fake_response {
    if (request.target.starts_with("/api/v1/events"))
      return {0, ""};
    auto now = ++*asked;
    if (now == 2)
      return {0, ""};
    if (now == 3)
      return problem(503, R"({"title":"Unavailable","status":503,"detail":"it starts","code":"unavailable"})");
    return {200, upgrade_json(now < 4 ? "pending" : "approved")};
  }};
  EXPECT_EQ(propose(node, {"--wait"}).status, 0);
}

TEST(upgrade_propose, what_cannot_be_read_opens_no_gate) {
  for (const auto* answer : {"", "{}", "[]", R"({"id":"ab","decision":"perhaps"})"}) {
    auto node = fake_node{[answer](const fake_request& request) -> fake_response {
      return {200, request.method == "POST" ? upgrade_json("pending") : std::string{answer}};
    }};
    EXPECT_EQ(propose(node, {"--wait"}).status, 69) << answer;
  }
  auto lost = fake_node{[](const fake_request& request) -> fake_response {
    if (request.method == "POST")
      return {202, upgrade_json("announced")};
    return problem(404, R"({"title":"Not found","status":404,"detail":"no such proposal","code":"not_found"})");
  }};
  EXPECT_EQ(propose(lost, {"--wait"}).status, 66);
}

TEST(upgrade_propose, ctrl_c_ends_the_waiting_alone) {
  auto node = deciding({"pending"});
  auto what = hivectl_program({"--url", node.url(), "upgrade", "propose", "v2.0", "v2.1", "--wait"});
  int pid = 0;
  what.on_start = [&](int started) { pid = started; };
  bool is_sent = false;
  what.on_error_output = [&](const std::string& text) {
    if (text.find("n1 votes safe") != std::string::npos && !std::exchange(is_sent, true))
      ::kill(pid, SIGINT);
  };
  auto result = run_program(what);
  EXPECT_EQ(result.status, 128 + SIGINT);
  EXPECT_THAT(result.err, AllOf(HasSubstr("The proposal goes on"), HasSubstr("hivectl upgrade stop ")));
  EXPECT_EQ(result.out, "");
  for (const auto& request : node.requests())
    EXPECT_EQ(request.target.find("/stop"), std::string::npos);
}

} // namespace
} // namespace hive::test
