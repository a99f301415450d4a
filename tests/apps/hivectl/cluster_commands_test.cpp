#include "tests/apps/hivectl/upgrade_samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// A page of samples; `next` empty: the last one.
std::string upgrade_page(const std::vector<std::string>& names, const std::string& next = {}) {
  std::string out = R"({"upgrades":[)";
  for (const auto& name : names)
    out += (out.ends_with('[') ? "" : ",") + upgrade_json(name);
  return out + "]" + (next.empty() ? "" : R"(,"next":")" + next + "\"") + "}";
}

std::vector<std::string> targets_of(const fake_node& node) {
  std::vector<std::string> out;
  for (const auto& request : node.requests())
    out.push_back(request.method + " " + request.target);
  return out;
}

TEST(upgrade_list, shows_all_pages) {
  fake_node node{[](const fake_request& request) -> fake_response {
    bool is_first = request.target.find("after") == std::string::npos;
    return {200, is_first ? upgrade_page({"pending"}, "ab") : upgrade_page({"rolled_back"})};
  }};
  auto result = hivectl(node.url(), {"upgrade", "list", "--track", "main"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(targets_of(node), ElementsAre("GET /api/v1/upgrades?limit=1000&track=main",
                                            "GET /api/v1/upgrades?limit=1000&track=main&after=ab"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("ID            TRACK  FROM  TO"), HasSubstr("pending"),
                                HasSubstr("approved, rollout rolled back"), HasSubstr("n4 regressed in stage 1")));
}

TEST(upgrade_list, without_any_says_how_to_make_one) {
  auto node = answering(R"({"upgrades":[]})");
  EXPECT_THAT(hivectl(node.url(), {"upgrade", "list"}).out, HasSubstr("hivectl upgrade propose"));
}

TEST(upgrade_show, shows_votes_with_their_reasons) {
  auto node = answering(upgrade_json("rejected"));
  auto result = hivectl(node.url(), {"upgrade", "show", "abcdef", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(targets_of(node), ElementsAre("GET /api/v1/upgrades/abcdef"));
  EXPECT_THAT(result.out, AllOf(HasSubstr("Versions  v2.0 → v2.1 on track main\n"), HasSubstr("Decision  rejected\n"),
                                HasSubstr("Reason    n3: latency.p99 120 ms -> 180 ms (+50.0%)\n"),
                                HasSubstr("Policy    all, judged by statistical\n"), HasSubstr("Proposer  n1\n"),
                                HasSubstr("regressed  fast    latency.p99: 120 ms -> 180 ms (+50.0%)\n"),
                                HasSubstr("      13  rejected  2026-02-03T04:05:06Z  ")));
}

TEST(upgrade_show, shows_the_stage_and_the_hooks) {
  auto node = answering(upgrade_json("canary"));
  EXPECT_THAT(hivectl(node.url(), {"upgrade", "show", "abcdef"}).out,
              AllOf(HasSubstr("Decision  approved, rollout canary 1/5\n"),
                    HasSubstr("Stage     1 of 2, 35 of 600 s observed; canaries: n4\n"),
                    HasSubstr("task_success  inconclusive  12 of 200 tasks are seen\n"),
                    HasSubstr("n4      deploy  ended")));
}

TEST(upgrade_show, names_what_is_missing_and_what_is_wrong) {
  auto node = answering(upgrade_json("held"));
  EXPECT_THAT(hivectl(node.url(), {"upgrade", "show", "abcdef"}).out,
              AllOf(HasSubstr("Awaited   n5\n"), HasSubstr("awaited")));
  auto lying = answering(upgrade_json("conflict"));
  EXPECT_THAT(hivectl(lying.url(), {"upgrade", "show", "abcdef"}).out, HasSubstr("Conflict  "));
}

TEST(upgrade_show, an_unknown_or_ambiguous_id_is_an_error) {
  fake_node none{[](const fake_request&) {
    return problem(404, R"({"title":"Not found","status":404,"detail":"no proposal abcdef","code":"not_found"})");
  }};
  EXPECT_EQ(hivectl(none.url(), {"upgrade", "show", "abcdef"}).status, 66);
  fake_node two{[](const fake_request&) {
    return problem(409, R"({"title":"Conflict","status":409,"detail":"abcdef1 and abcdef2","code":"conflict"})");
  }};
  auto result = hivectl(two.url(), {"upgrade", "show", "abcdef"});
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.err, HasSubstr("abcdef1 and abcdef2"));
  EXPECT_EQ(hivectl(none.url(), {"upgrade", "show", "a b"}).status, 64);
}

TEST(upgrade_watch, follows_to_the_end_also_what_is_held) {
  auto node = deciding({"pending", "held", "approved", "canary", "complete"});
  auto result = hivectl(node.url(), {"upgrade", "watch", "abcdef"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("held: n5 has not voted"), HasSubstr("stage 1 of 2")));
  EXPECT_THAT(result.out, HasSubstr("Decision  approved, rollout complete\n"));
}

TEST(upgrade_watch, without_an_id_takes_the_open_one) {
  auto watch_among = [](const std::vector<std::string>& names) {
    fake_node node{[names](const fake_request& request) -> fake_response {
      return {200, request.target.starts_with("/api/v1/upgrades?") ? upgrade_page(names) : upgrade_json("rejected")};
    }};
    return hivectl(node.url(), {"upgrade", "watch"});
  };
  EXPECT_EQ(watch_among({"pending", "complete"}).status, 1);
  EXPECT_EQ(watch_among({"complete"}).status, 66);
  auto two = watch_among({"pending", "queued"});
  EXPECT_EQ(two.status, 64);
  EXPECT_THAT(two.err, HasSubstr("more than one proposal is open"));
}

TEST(upgrade_stop, sends_what_was_said) {
  auto node = answering(upgrade_json("pending"), 202);
  auto result = hivectl(node.url(), {"upgrade", "stop", "abcdef", "--reason", "n5 is gone", "--only-pending",
                                     "--unknown", "ab12", "--unknown", "cd34"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(targets_of(node), ElementsAre("POST /api/v1/upgrades/abcdef/stop"));
  auto sent = parse<wire::StopUpgrade>(node.requests().back().body);
  EXPECT_EQ(to_json(sent),
            to_json(parse<wire::StopUpgrade>(
              R"({"id":"abcdef","reason":"n5 is gone","only_pending":true,"unknown":["ab12","cd34"]})")));
  EXPECT_THAT(result.out, AllOf(HasSubstr("which is pending"), HasSubstr("hivectl upgrade watch")));
}

TEST(upgrade_stop, of_what_is_final_is_refused) {
  fake_node node{[](const fake_request&) {
    return problem(409, R"({"title":"Conflict","status":409,"detail":"it is rejected","code":"conflict"})");
  }};
  auto result = hivectl(node.url(), {"upgrade", "stop", "abcdef"});
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.err, HasSubstr("it is rejected"));
}

TEST(upgrade_commands, are_in_the_help) {
  auto text = hivectl({"upgrade", "--help"}).out;
  for (const auto* command : {"propose", "list", "show", "watch", "stop", "admit", "members"})
    EXPECT_THAT(text, HasSubstr(std::string{"\n  "} + command + " "));
}

} // namespace
} // namespace hive::test
