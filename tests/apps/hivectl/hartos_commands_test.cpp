// Behaviour that depends on how a node answers; tests/cluster/hartos_bridge_test.cpp uses real nodes.

#include "storage/hartos/hartos_database.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/hartos_files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::HasSubstr;

std::string task(uint64_t number) {
  return R"({"task_type":"fix","tool_name":"aider","completion_time_s":1,"success":true,"sequence":)" +
         std::to_string(number) + R"(,"timestamp":"2026-02-24T12:00:00Z"})";
}

/// A node that has only these task records, on two pages.
fake_response answer_export(const fake_request& request, const std::string& first, const std::string& second) {
  if (request.target == "/healthz")
    return {200, R"({"status":"ok","node":"My Node","id":"node-a"})"};
  if (request.target.starts_with("/api/v1/tools/delta"))
    return problem(404, R"({"title":"x","detail":"nothing","code":"no_data"})");
  if (request.target.starts_with("/api/v1/snapshots"))
    return {200, R"({"snapshots":[]})"};
  if (request.target.starts_with("/api/v1/agents"))
    return {200, R"({"agents":[],"known":0})"};
  bool is_first = request.target.find("after=") == std::string::npos;
  return {200, is_first ? R"({"tasks":[)" + first + R"(],"next":"43"})" : R"({"tasks":[)" + second + "]}"};
}

TEST(export_hartos, says_what_the_node_no_longer_keeps) {
  fake_node node{[](const fake_request& request) {
    return answer_export(request, task(44) + "," + task(43), task(42) + "," + task(41));
  }};
  temporary_directory folder;
  auto result = hivectl(node.url(), {"export", "hartos", folder.path() / "new"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Wrote 4 task records, 0 hive routes and 0 snapshots"));
  EXPECT_THAT(result.out, HasSubstr("40 older records are not kept any more"));
  auto db = hartos_database::open(folder.path() / "new" / "agent_data" / "coding_benchmarks.db");
  ASSERT_TRUE(db) << text_of(db.error());
  EXPECT_EQ(db->rows(0, 100, 100)->front().number, 41u);
  EXPECT_EQ((*db->export_mark())->last_row, 44u);
}

TEST(export_hartos, leaves_nothing_behind_when_the_node_fails_half_way) {
  fake_node node{[](const fake_request& request) {
    return request.target.find("after=") == std::string::npos
             ? answer_export(request, task(44), "")
             : problem(503, R"({"title":"x","detail":"stopping","code":"unavailable"})");
  }};
  temporary_directory folder;
  auto result = hivectl(node.url(), {"export", "hartos", folder.path() / "agent_data"});
  EXPECT_EQ(result.status, 69);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "agent_data" / "coding_benchmarks.db"));
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder.path()})
    EXPECT_TRUE(entry.is_directory()) << entry.path();
}

TEST(export_hartos, refuses_records_that_are_out_of_order) {
  fake_node node{[](const fake_request& request) { return answer_export(request, task(43), task(44)); }};
  temporary_directory folder;
  auto result = hivectl(node.url(), {"export", "hartos", folder.path()});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("out of order at number 44"));
}

TEST(import_hartos, goes_on_from_where_somebody_else_has_come) {
  temporary_directory folder;
  hartos_source source{folder.path() / "agent_data" / "coding_benchmarks.db"};
  for (int i = 0; i < 6; ++i)
    source.add("'t', 'x', '', '', 1, " + std::string{i == 4 ? "7" : "1"} + ", 0, 1");
  int posts = 0;
  fake_node node{[&](const fake_request& request) -> fake_response {
    if (request.method == "GET")
      return {200, R"({"source":"s","row":)" + std::to_string(posts == 0 ? 0 : 3) + "}"};
    if (++posts == 1)
      return problem(409, R"({"title":"x","detail":"taken up to row 3","code":"conflict"})");
    return {201, R"({"recorded":1,"rejected":[{"line":2,"reason":"too many tools"}]})"};
  }};
  auto result = hivectl(node.url(), {"import", "hartos", folder.path(), "--source", "s"});
  EXPECT_EQ(result.status, 65) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Task records  1 new\n"));
  EXPECT_THAT(result.out, HasSubstr("benchmarks row 6: too many tools\n")) << "rows 4 and 6 were sent";
  EXPECT_THAT(result.out, HasSubstr("benchmarks row 5: success is 7"));
  EXPECT_THAT(result.out, HasSubstr("Left out      2\n"));
  auto requests = node.requests();
  EXPECT_EQ(requests.at(1).target, "/api/v1/tasks?source=s&after_row=0&through_row=6");
  EXPECT_EQ(requests.at(3).target, "/api/v1/tasks?source=s&after_row=3&through_row=6");
}

TEST(import_hartos, tells_of_outdated_rows) {
  temporary_directory folder;
  hartos_source source{folder.path() / "agent_data" / "coding_benchmarks.db", true};
  source.add("'t', 'x', '', '', 1, 1, 0, 1"); // rule 1 by default
  fake_node node{[](const fake_request& request) {
    return request.method == "GET" ? fake_response{200, R"({"source":"s","row":0})"}
                                   : fake_response{201, R"({"recorded":0})"};
  }};
  auto result = hivectl(node.url(), {"import", "hartos", folder.path()});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Outdated      1 rows"));
  ASSERT_EQ(node.requests().size(), 2u);
  EXPECT_THAT(node.requests()[0].target, testing::MatchesRegex("/api/v1/tasks/sources/hartos-[0-9a-f]{32}"));
  EXPECT_THAT(node.requests()[1].target, testing::EndsWith("&after_row=0&through_row=1")) << "it is not read again";
}

TEST(import_hartos, rows_of_which_none_is_a_record_are_passed) {
  temporary_directory folder;
  auto file = folder.path() / "agent_data" / "coding_benchmarks.db";
  hartos_source source{file};
  for (int i = 0; i < 3; ++i)
    source.add("'t', 'x', '', '', -1, 1, 0, 1");
  fake_node node{[](const fake_request& request) {
    return request.method == "GET" ? fake_response{200, R"({"source":"s","row":0})"}
                                   : fake_response{201, R"({"recorded":0})"};
  }};
  auto result = hivectl(node.url(), {"import", "hartos", folder.path(), "--source", "s"});
  EXPECT_THAT(result.out, HasSubstr(file.string() + ": benchmarks row 3: completion_time_s must be at least 0"));
  EXPECT_THAT(result.out, HasSubstr("Left out      3\n"));
  ASSERT_EQ(node.requests().size(), 2u);
  EXPECT_EQ(node.requests()[1].target, "/api/v1/tasks?source=s&after_row=0&through_row=3");
  EXPECT_EQ(node.requests()[1].body, "[]");
}

TEST(import_hartos, an_error_of_the_node_comes_with_the_file_and_the_row) {
  temporary_directory folder;
  auto file = folder.path() / "agent_data" / "coding_benchmarks.db";
  hartos_source source{file};
  for (int i = 0; i < 3; ++i)
    source.add("'t', 'x', '', '', 1, 1, 0, 1");
  fake_node node{[](const fake_request& request) {
    return request.method == "GET" ? fake_response{200, R"({"source":"s","row":2})"}
                                   : problem(507, R"({"title":"x","detail":"no room","code":"storage_failed"})");
  }};
  auto result = hivectl(node.url(), {"import", "hartos", folder.path(), "--source", "s"});
  EXPECT_NE(result.status, 0);
  EXPECT_EQ(result.err, "hivectl: " + file.string() + ": benchmarks rows behind 2: no room\n");
}

TEST(import_hartos, shows_progress_on_a_terminal) {
  temporary_directory folder;
  std::mt19937 random{1};
  hartos_source{folder.path() / "agent_data" / "coding_benchmarks.db"}.add_random(4'100, random);
  fake_node node{[](const fake_request& request) -> fake_response {
    if (request.method == "GET")
      return {200, R"({"source":"s","row":0})"};
    std::this_thread::sleep_for(std::chrono::milliseconds{1'200}); // longer than the interval between two checks
    return {201, R"({"recorded":2000})"};
  }};
  auto run = hivectl_program({"--url", node.url(), "import", "hartos", folder.path()});
  run.terminal = true;
  auto result = run_program(run);
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("row 2000 of 4100"));
}

} // namespace
} // namespace hive::test
