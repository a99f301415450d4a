#include "messages/json.hpp"
#include "messages/timestamp.hpp"
#include "messages/tracker.capnp.h"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto one_recorded = R"({"recorded":1})";

size_t lines_in(const std::string& text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

// -- record -----------------------------------------------------------------------

TEST(task_record, sends_what_was_done) {
  auto node = answering(one_recorded, 201);
  auto result = hivectl(node.url(), {"task", "record", "bug fix", "aider/x", "--time", "2.5", "--success", "--model",
                                     "gpt-4o", "--user", "u1", "--offloaded", "--ended-at", "2026-02-24T12:00:00Z"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "Recorded.\n");
  EXPECT_EQ(node.requests().back().target, "/api/v1/tasks");
  auto sent = parse<wire::TaskRecord>(node.requests().back().body);
  EXPECT_EQ(sent->getTaskType(), "bug fix");
  EXPECT_EQ(sent->getToolName(), "aider/x");
  EXPECT_EQ(sent->getCompletionTimeS(), 2.5);
  EXPECT_TRUE(sent->getSuccess());
  EXPECT_TRUE(sent->getOffloaded());
  EXPECT_EQ(sent->getTimestamp(), 1'771'934'400'000'000);
  EXPECT_EQ(sent->getIdempotencyKey().size(), 32u);
}

TEST(task_record, a_failure_is_a_record_and_the_outcome_must_be_said) {
  auto node = answering(one_recorded, 201);
  EXPECT_EQ(hivectl(node.url(), {"task", "record", "fix", "aider", "--time", "1", "--failure"}).status, 0);
  EXPECT_FALSE(parse<wire::TaskRecord>(node.requests().back().body)->getSuccess());
  auto without = hivectl(node.url(), {"task", "record", "fix", "aider", "--time", "1"});
  EXPECT_EQ(without.status, 64);
  EXPECT_THAT(without.err, AllOf(HasSubstr("--success"), HasSubstr("--failure")));
  for (const std::vector<std::string>& said : std::vector<std::vector<std::string>>{
         {"--success", "--failure"}, {"--failure", "--success"}, {"--failure=no"}}) {
    std::vector<std::string> arguments{"task", "record", "fix", "aider", "--time", "1"};
    arguments.insert(arguments.end(), said.begin(), said.end());
    auto contradiction = hivectl(node.url(), arguments);
    EXPECT_EQ(contradiction.status, 64) << contradiction.out;
    EXPECT_THAT(contradiction.err, HasSubstr("failure"));
  }
  EXPECT_EQ(hivectl(node.url(), {"task", "record", "fix", "aider", "--success"}).status, 64);
  for (const char* time : {"-1", "nan", "x", "604801"})
    EXPECT_EQ(hivectl(node.url(), {"task", "record", "fix", "aider", "--success", "--time", time}).status, 64) << time;
  EXPECT_EQ(node.requests().size(), 1u);
}

TEST(task_record, warns_of_a_time_that_the_node_will_not_keep) {
  auto node = answering(one_recorded, 201);
  auto record = [&](const std::string& ended_at) {
    return hivectl(node.url(),
                   {"task", "record", "fix", "aider", "--time", "1", "--success", "--ended-at", ended_at, "--json"});
  };
  auto future = record("2931-01-01");
  EXPECT_EQ(future.status, 0);
  EXPECT_THAT(future.err, HasSubstr("warning: 2931-01-01T00:00:00Z is in the future"));
  EXPECT_EQ(parse<wire::TasksRecorded>(future.out)->getRecorded(), 1u);
  EXPECT_EQ(record("2026-02-24").err, "");
  EXPECT_EQ(record(format_iso8601(now_unix_micros() + 60'000'000)).err, "") << "within what clocks may differ";
}

TEST(task_record, repeats_under_one_key_when_the_node_is_not_serving) {
  int asked = 0;
  fake_node node{[&](const fake_request&) {
    return ++asked < 3 ? problem(503, R"({"title":"x","detail":"starting","code":"unavailable"})")
                       : fake_response{201, one_recorded};
  }};
  EXPECT_EQ(hivectl(node.url(), {"task", "record", "fix", "aider", "--time", "1", "--success"}).status, 0);
  auto requests = node.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].body, requests[2].body);
}

TEST(task_record, names_the_key_when_it_gives_up) {
  auto result = hivectl(dead_url(), {"task", "record", "fix", "aider", "--time", "1", "--success", "--key", "mine"});
  EXPECT_EQ(result.status, 69);
  EXPECT_THAT(result.err, HasSubstr("--key mine"));
}

// -- import -----------------------------------------------------------------------

const std::string good = R"({"task_type":"fix","tool_name":"aider","completion_time_s":1.5,"success":true})";

/// Accepts all records and says so.
fake_response take_all(const fake_request& request) {
  return {201, R"({"recorded":)" + std::to_string(lines_in(request.body)) + "}"};
}

TEST(task_import, names_bad_lines_by_their_place_in_the_file) {
  fake_node node{take_all};
  temporary_directory folder;
  auto file = put_file(folder.path() / "t.ndjson",
                       good + "\n\n{\"task_type\":1}\n" + good + "\r\n" + std::string(100'000, 'x') + "\n" + good);
  auto result = hivectl(node.url(), {"task", "import", file});
  EXPECT_EQ(result.status, 65) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Recorded 3, already there 0, left out 2.\n"));
  EXPECT_THAT(result.out, HasSubstr("\nline 3: "));
  EXPECT_THAT(result.out, HasSubstr("\nline 5: it is longer than"));
  ASSERT_EQ(node.requests().size(), 1u);
  EXPECT_THAT(node.requests()[0].headers, HasSubstr("Content-Type: application/x-ndjson"));
  EXPECT_EQ(lines_in(node.requests()[0].body), 3u);
}

TEST(task_import, names_what_the_node_leaves_out_by_its_line_too) {
  fake_node node{[](const fake_request&) {
    return fake_response{201, R"({"recorded":1,"duplicates":1,"rejected":[{"line":2,"reason":"too many tools"}]})"};
  }};
  temporary_directory folder;
  auto file = put_file(folder.path() / "t.ndjson", "\n\n" + good + "\nbad\n" + good + "\n" + good + "\n");
  auto result = hivectl(node.url(), {"task", "import", file, "--json"});
  EXPECT_EQ(result.status, 65);
  auto report = parse<wire::TasksImported>(result.out);
  EXPECT_EQ(report->getRecorded(), 1u);
  EXPECT_EQ(report->getDuplicates(), 1u);
  EXPECT_EQ(report->getAlreadyTaken(), 0u);
  EXPECT_EQ(report->getLeftOut(), 2u);
  ASSERT_EQ(report->getRejected().size(), 2u);
  EXPECT_EQ(report->getRejected()[0].getLine(), 4u);
  EXPECT_EQ(report->getRejected()[1].getLine(), 5u);
}

TEST(task_import, goes_in_batches_from_standard_input_too) {
  fake_node node{take_all};
  auto run = hivectl_program({"--url", node.url(), "task", "import", "-"});
  for (int i = 0; i < 500; ++i)
    run.input += good + "\n";
  auto result = run_program(run);
  EXPECT_EQ(result.status, 0) << result.err;
  temporary_directory folder;
  std::string many;
  for (int i = 0; i < 4'500; ++i)
    many += good + "\n";
  result = hivectl(node.url(), {"task", "import", put_file(folder.path() / "t", many)});
  EXPECT_THAT(result.out, HasSubstr("Recorded 4500,"));
  EXPECT_EQ(node.requests().size(), 1u + 3u);
}

TEST(task_import, with_a_source_goes_on_where_the_last_one_ended) {
  fake_node node{[](const fake_request& request) {
    return request.method == "GET" ? fake_response{200, R"({"source":"old","row":2})"} : take_all(request);
  }};
  temporary_directory folder;
  auto file = put_file(folder.path() / "t", good + "\n" + good + "\n" + good + "\nbad\n");
  auto result = hivectl(node.url(), {"task", "import", file, "--source", "old"});
  EXPECT_EQ(result.status, 65);
  EXPECT_THAT(result.out, HasSubstr("Recorded 1, already there 0, left out 1; lines up to 2 were imported before.\n"));
  EXPECT_EQ(node.requests()[0].target, "/api/v1/tasks/sources/old");
  EXPECT_EQ(node.requests()[1].target, "/api/v1/tasks?source=old&after_row=2&through_row=4");
}

TEST(task_import, says_when_all_of_a_file_counts_as_taken_before) {
  auto node = answering(R"({"source":"old","row":2})");
  temporary_directory folder;
  auto other = put_file(folder.path() / "t", good + "\n" + good + "\n");
  auto result = hivectl(node.url(), {"task", "import", other, "--source", "old"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "Recorded 0, already there 0, left out 0; lines up to 2 were imported before.\n");
  result = hivectl(node.url(), {"task", "import", other, "--source", "old", "--json"});
  EXPECT_EQ(parse<wire::TasksImported>(result.out)->getAlreadyTaken(), 2u);
}

TEST(task_import, waits_for_a_node_that_is_overloaded) {
  int asked = 0;
  fake_node node{[&](const fake_request& request) {
    return ++asked < 3 ? problem(429, R"({"title":"x","detail":"full","code":"overloaded"})") : take_all(request);
  }};
  temporary_directory folder;
  EXPECT_EQ(hivectl(node.url(), {"task", "import", put_file(folder.path() / "t", good)}).status, 0);
  EXPECT_EQ(node.requests().size(), 3u);
}

TEST(task_import, ends_when_the_node_is_gone) {
  temporary_directory folder;
  EXPECT_EQ(hivectl(dead_url(), {"task", "import", put_file(folder.path() / "t", good)}).status, 69);
  EXPECT_EQ(hivectl(dead_url(), {"task", "import", "/no/such/file"}).status, 74);
}

// -- list -------------------------------------------------------------------------

TEST(task_list, asks_for_what_was_given_and_prints_a_table) {
  auto node = answering(R"({"tasks":[{"sequence":7,"task_type":"fix","tool_name":"aider","completion_time_s":1.5,
    "success":true,"timestamp":"2026-02-24T12:00:00Z","user_id":"u\u001b[31m"}]})");
  auto result = hivectl(node.url(), {"task", "list", "--task-type", "a b", "--tool", "t&x", "--model", "m", "--user",
                                     "u", "--since", "2026-02-01", "--until", "2026-03-01T00:00:00+01:00", "--limit",
                                     "5", "--after", "99", "--wide"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target,
            "/api/v1/tasks?task_type=a%20b&tool_name=t%26x&model_name=m&user_id=u&since=2026-02-01T00%3A00%3A00Z&until="
            "2026-03-01T00%3A00%3A00%2B01%3A00&after=99&limit=5");
  EXPECT_EQ(result.out,
            "RECORD  ENDED                 TASK TYPE  TOOL   SECONDS  SUCCESS  MODEL  USER       OFFLOADED\n"
            "──────  ────────────────────  ─────────  ─────  ───────  ───────  ─────  ─────────  ─────────\n"
            "     7  2026-02-24T12:00:00Z  fix        aider    1.500  yes      -      u\\x1b[31m  no\n");
}

TEST(task_list, follows_pages_until_there_are_enough) {
  fake_node node{[](const fake_request& request) -> fake_response {
    auto task = R"({"task_type":"fix","tool_name":"aider","completion_time_s":1,"success":false,"sequence":)";
    if (request.target.find("after=") == std::string::npos)
      return {200, std::string{R"({"tasks":[],"next":"9"})"}};
    if (request.target.find("after=9") != std::string::npos)
      return {200, R"({"tasks":[)" + std::string{task} + R"(8}],"next":"8"})"};
    return {200, R"({"tasks":[)" + std::string{task} + R"(7}],"next":"7"})"};
  }};
  auto result = hivectl(node.url(), {"task", "list", "--limit", "2", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  auto page = parse<wire::TaskPage>(result.out);
  EXPECT_EQ(page->getTasks().size(), 2u);
  EXPECT_EQ(page->getNext(), "7");
  EXPECT_EQ(node.requests().size(), 3u);
  EXPECT_THAT(hivectl(node.url(), {"task", "list", "--limit", "1"}).out, HasSubstr("--after 8"));
}

TEST(task_list, stops_at_a_node_that_repeats_itself_and_says_when_there_is_nothing) {
  auto repeating = answering(R"({"tasks":[],"next":"9"})");
  EXPECT_EQ(hivectl(repeating.url(), {"task", "list"}).status, 69);
  auto empty = answering(R"({"tasks":[]})");
  EXPECT_EQ(hivectl(empty.url(), {"task", "list"}).out, "No such task records.\n");
  EXPECT_EQ(hivectl(empty.url(), {"task", "list", "--since", "yesterday"}).status, 64);
  EXPECT_EQ(hivectl(empty.url(), {"task", "list", "--limit", "0"}).status, 64);
}

} // namespace
} // namespace hive::test
