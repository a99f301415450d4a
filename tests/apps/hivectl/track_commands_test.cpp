#include "tests/apps/hivectl/upgrade_samples.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string one_track = R"({"track":"main","number":0,"generation":2,"hash":"0a1b2c3d4e5f6789","members":[
    {"node":"ab12","name":"n1","weight":2,"tier":"regional","state":"active","admitted":true,"self":true,
     "version":"v2.0"},
    {"node":"cd34","name":"n2","weight":1,"tier":"flat","state":"dead","admitted":false,"quarantined":true}],
  "slack":0,"quorum":2,"position":14,"open":"fedcba9876543210","admitted":true,"acknowledgements":1})";

TEST(upgrade_members, shows_who_decides) {
  auto node = answering(R"({"tracks":[)" + one_track + "]}");
  auto result = hivectl(node.url(), {"upgrade", "members"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/members");
  EXPECT_EQ(result.out,
            "Track     main (number 0)\n"
            "Members   generation 2, 0a1b2c3d4e5f\n"
            "Quorum    2 of 2 members seal a decision; 0 of them may lie\n"
            "Position  14, open is fedcba987654\n"
            "\n"
            "NODE  NAME  WEIGHT  TIER      STATE   ADMITTED  VERSION  NOTE\n"
            "────  ────  ──────  ────────  ──────  ────────  ───────  ─────────────────────────────────────\n"
            "ab12  n1         2  regional  active  yes       v2.0     this node\n"
            "cd34  n2         1  flat      dead    no        -        in quarantine: its votes do not count\n");
  hivectl(node.url(), {"upgrade", "members", "--track", "edge"});
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/members?track=edge");
}

TEST(upgrade_members, says_what_keeps_a_track_from_deciding) {
  auto waiting = one_track;
  waiting.replace(waiting.find("\"admitted\":true,\"acknow"), 15,
                  R"("conflict":"two values","differing":["cd34"],"admitted":false)");
  auto node = answering(R"({"tracks":[)" + waiting + "]}");
  EXPECT_THAT(hivectl(node.url(), {"upgrade", "members"}).out,
              AllOf(HasSubstr("once 1 other members have answered"), HasSubstr("hivectl upgrade admit"),
                    HasSubstr("Conflict  two values\n"), HasSubstr("Differing cd34: ")));
  auto none = answering(R"({"tracks":[]})");
  EXPECT_THAT(hivectl(none.url(), {"upgrade", "members"}).out, HasSubstr("No track is configured"));
}

TEST(upgrade_members, changes_them) {
  auto node = answering(one_track, 202);
  auto result = hivectl(node.url(), {"upgrade", "members", "--track", "main", "--set", "ab12:2:regional", "--set",
                                     "cd34:3", "--set", "ef56", "--slack", "1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "PUT");
  auto sent = parse<wire::ChangeMembers>(node.requests().back().body);
  EXPECT_EQ(to_json(sent), to_json(parse<wire::ChangeMembers>(R"({"track":"main","slack":1,"members":[
    {"node":"ab12","weight":2,"tier":"regional"},{"node":"cd34","weight":3},{"node":"ef56"}]})")));
  EXPECT_THAT(result.err, HasSubstr("a quorum of the present ones agrees"));
  EXPECT_FALSE(sent->getForce());
  result = hivectl(node.url(), {"upgrade", "members", "--track", "main", "--set", "ab12", "--force"});
  EXPECT_TRUE(parse<wire::ChangeMembers>(node.requests().back().body)->getForce());
  EXPECT_THAT(result.err, HasSubstr("run the same command on each of them"));
}

TEST(upgrade_members, wrong_usage_asks_nobody) {
  auto node = answering(one_track, 202);
  for (std::vector<std::string> wrong : {std::vector<std::string>{"--set", "ab12"},
                                         {"--track", "main", "--set", "ab12:0"},
                                         {"--track", "main", "--set", "ab12:1000001"},
                                         {"--track", "main", "--set", "ab12:x"},
                                         {"--track", "main", "--set", "ab12:1:local"},
                                         {"--track", "main", "--set", ":1"},
                                         {"--track", "main", "--set", "ab12:1:flat:x"},
                                         {"--track", "main", "--slack", "1"},
                                         {"--track", "main", "--set", "ab12", "--slack", "2"},
                                         {"--force"}}) {
    wrong.insert(wrong.begin(), {"upgrade", "members"});
    EXPECT_EQ(hivectl(node.url(), wrong).status, 64) << testing::PrintToString(wrong);
  }
  EXPECT_TRUE(node.requests().empty());
}

TEST(upgrade_admit, vouches_for_all_tracks_or_one) {
  auto node = answering(R"({"tracks":[)" + one_track + "]}");
  auto result = hivectl(node.url(), {"upgrade", "admit"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/upgrades/admit");
  EXPECT_EQ(node.requests().back().body, "{}");
  EXPECT_THAT(result.out, AllOf(HasSubstr("Track     main"), Not(HasSubstr("Waiting"))));
  hivectl(node.url(), {"upgrade", "admit", "--track", "main"});
  EXPECT_EQ(node.requests().back().body, R"({"track":"main"})");
}

} // namespace
} // namespace hive::test
