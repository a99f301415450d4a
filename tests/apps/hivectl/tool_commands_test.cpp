#include "messages/json.hpp"
#include "messages/tracker.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

TEST(tool_best, prints_the_tool_and_its_figures) {
  auto node = answering(R"({"task_type":"bug fix","tool_name":"aider","success_rate":0.875,"avg_time_s":12.5,
    "sample_count":8,"claim":"tied"})");
  auto result = hivectl(node.url(), {"tool", "best", "bug fix", "--scope", "hive", "--policy", "explore"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/tools/best?task_type=bug%20fix&scope=hive&policy=explore");
  EXPECT_EQ(result.out, "TASK TYPE  TOOL   SUCCESS RATE  SECONDS  RECORDS  CLAIM\n"
                        "─────────  ─────  ────────────  ───────  ───────  ─────\n"
                        "bug fix    aider         0.875     12.5        8  tied\n");
}

TEST(tool_best, without_records_ends_with66) {
  fake_node node{[](const fake_request&) {
    return problem(404, R"({"title":"x","detail":"no tool has enough records","code":"no_data"})");
  }};
  auto result = hivectl(node.url(), {"tool", "best", "fix"});
  EXPECT_EQ(result.status, 66);
  EXPECT_EQ(result.err, "hivectl: no tool has enough records\n");
}

TEST(tool_route, sends_what_is_available_and_says_why) {
  auto node = answering(R"({"task_type":"fix","tool_name":"b","reason":"available","success_rate":null,
    "avg_time_s":null})");
  auto result = hivectl(node.url(), {"tool", "route", "fix", "--available", "a,b", "--available", "c&d", "--override",
                                     "x", "--policy", "threshold"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target,
            "/api/v1/tools/route?task_type=fix&available=a%2Cb%2Cc%26d&override=x&policy=threshold");
  EXPECT_THAT(result.out, HasSubstr("fix        b     available  no                    -        -        0  none\n"));
}

TEST(tool_summary, prints_both_tables) {
  auto node = answering(R"({"total_benchmarks":9,"by_tool":[{"tool":"aider","total":9,"success_rate":0.5,
    "avg_time_s":1.25}],"by_task_type":[{"task_type":"fix","tool":"aider","total":9,"success_rate":0.5,
    "avg_time_s":1.25}]})");
  auto result = hivectl(node.url(), {"tool", "summary"});
  EXPECT_EQ(result.out, "Records  9\n"
                        "\n"
                        "TOOL   RECORDS  SUCCESS RATE  SECONDS\n"
                        "─────  ───────  ────────────  ───────\n"
                        "aider        9           0.5     1.25\n"
                        "\n"
                        "TASK TYPE  TOOL   RECORDS  SUCCESS RATE  SECONDS\n"
                        "─────────  ─────  ───────  ────────────  ───────\n"
                        "fix        aider        9           0.5     1.25\n");
}

TEST(tool_summary, tells_of_records_that_no_line_shows) {
  auto node = answering(R"({"total_benchmarks":9,"unlisted":4,"by_tool":[],"by_task_type":[]})");
  EXPECT_THAT(hivectl(node.url(), {"tool", "summary"}).out,
              HasSubstr("Records  9\n         4 of them of task types and tools that gave way\n"));
}

constexpr auto delta_json = R"({"coding_benchmarks":{"fix":{"aider":{"success_rate":0.5,"avg_time_s":2,
  "sample_count":8}}},"ts":1.5,"origin":"node-a"})";

TEST(tool_delta, prints_the_delta) {
  auto node = answering(delta_json);
  auto result = hivectl(node.url(), {"tool", "delta", "--scope", "hive"});
  EXPECT_EQ(node.requests().back().target, "/api/v1/tools/delta?scope=hive");
  EXPECT_EQ(result.out, "Node  node-a\n"
                        "TASK TYPE  TOOL   SUCCESS RATE  SECONDS  RECORDS\n"
                        "─────────  ─────  ────────────  ───────  ───────\n"
                        "fix        aider           0.5        2        8\n");
  auto as_json = from_json<wire::LearningDelta>(hivectl(node.url(), {"tool", "delta", "--json"}).out);
  ASSERT_TRUE(as_json) << text_of(as_json.error());
  EXPECT_EQ(to_json(*as_json), to_json(*from_json<wire::LearningDelta>(delta_json)));
}

TEST(tool_delta, import_sends_the_file_as_it_is_when_it_names_its_origin) {
  auto node = answering(R"({"recorded":1})", 201);
  temporary_directory folder;
  auto file = put_file(folder.path() / "d.json", delta_json);
  auto result = hivectl(node.url(), {"tool", "delta", "--import", file});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(node.requests().back().method, "POST");
  EXPECT_EQ(node.requests().back().body, delta_json);
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--import", file, "--origin", "node-a"}).status, 0);
  EXPECT_EQ(node.requests().back().body, delta_json);
}

TEST(tool_delta, import_under_another_origin_than_the_file_names_is_wrong_usage) {
  auto node = answering(R"({"recorded":1})", 201);
  temporary_directory folder;
  auto file = put_file(folder.path() / "d.json", delta_json);
  auto result = hivectl(node.url(), {"tool", "delta", "--import", file, "--origin", "peer-7"});
  EXPECT_EQ(result.status, 64);
  EXPECT_THAT(result.err, HasSubstr("is a delta of node-a"));
  EXPECT_THAT(result.err, HasSubstr("--origin peer-7"));
  EXPECT_TRUE(node.requests().empty());
}

TEST(tool_delta, import_of_a_file_without_origin_takes_the_given_one_or_warns) {
  auto node = answering(R"({"recorded":1})", 201);
  temporary_directory folder;
  auto file = put_file(folder.path() / "d.json", R"({"coding_benchmarks":{"fix":{"aider":
    {"success_rate":0.5,"avg_time_s":2,"sample_count":8}}}})");
  auto named = hivectl(node.url(), {"tool", "delta", "--import", file, "--origin", "peer-7"});
  EXPECT_EQ(named.status, 0);
  EXPECT_EQ(named.err, "");
  auto sent = from_json<wire::LearningDelta>(node.requests().back().body);
  ASSERT_TRUE(sent) << text_of(sent.error());
  EXPECT_EQ((*sent)->getOrigin(), "peer-7");

  auto nameless = hivectl(node.url(), {"tool", "delta", "--import", file});
  EXPECT_EQ(nameless.status, 0);
  EXPECT_THAT(nameless.err, HasSubstr("warning: " + file.string() + " names no origin"));
  EXPECT_THAT(nameless.err, HasSubstr("--origin"));
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--import", put_file(folder.path() / "x", "[]")}).status, 65);
}

TEST(tool_delta, an_import_is_dropped_by_its_origin) {
  auto node = answering(R"({"origin":"node-a"})");
  auto result = hivectl(node.url(), {"tool", "delta", "--drop", "node-a"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "DELETE");
  EXPECT_EQ(node.requests().back().target, "/api/v1/tools/delta/node-a");
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--drop", "node-a", "--import", "-"}).status, 64);
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--drop", "node-a", "--drop-unnamed"}).status, 64);
}

TEST(tool_delta, what_named_no_origin_is_dropped_by_an_option_of_its_own) {
  auto node = answering("{}");
  auto result = hivectl(node.url(), {"tool", "delta", "--drop-unnamed"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "DELETE");
  EXPECT_EQ(node.requests().back().target, "/api/v1/tools/delta");
}

TEST(tool_delta, options_that_do_not_belong_together_are_wrong_usage) {
  auto node = answering(delta_json);
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--origin", "x"}).status, 64);
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--scope", "hive", "--import", "-"}).status, 64);
  EXPECT_EQ(hivectl(node.url(), {"tool", "delta", "--scope", "all"}).status, 64);
  EXPECT_TRUE(node.requests().empty());
}

} // namespace
} // namespace hive::test
