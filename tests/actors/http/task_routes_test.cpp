#include "actors/http/task_routes.hpp"

#include "actors/http/server.hpp"
#include "actors/tracker/stored_statistics.hpp"
#include "platform/http_client.hpp"
#include "tests/actors/http/fake_node.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/test_tracker.hpp"

#include <capnp/compat/json.h>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

namespace hive::http {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

const std::string json_type = "Content-Type: application/json";
const std::string ndjson_type = "Content-Type: application/x-ndjson";

/// A tracker behind a real server.
class tracker_server {
public:
  /// `prepare` may change the tracker before it gets its first request.
  explicit tracker_server(tracker_options options = {}, const std::function<void(test_tracker&)>& prepare = {})
      : tracker{std::move(options)} {
    if (prepare)
      prepare(tracker);
    server_ =
      spawn_server(tracker.tests.system(), {task_routes(tracker.actor), std::make_shared<prometheus::Registry>()},
                   {.port = 0, .open = role::operate});
    if (!server_)
      throw std::runtime_error(text_of(server_.error()));
  }

  ~tracker_server() {
    caf::anon_send_exit(server_->gateway, caf::exit_reason::kill);
    tracker.tests.client()->wait_for(server_->gateway);
  }

  incoming_response get(const std::string& path) {
    return request("GET", path, {}, {});
  }

  incoming_response post(const std::string& path, const std::string& body, const std::string& type = json_type) {
    return request("POST", path, body, {type, "Expect:"});
  }

  incoming_response erase(const std::string& path) {
    return request("DELETE", path, {}, {});
  }

  uint16_t port() const {
    return server_->port;
  }

  test_tracker tracker;

private:
  incoming_response request(const std::string& verb, const std::string& path, const std::string& body,
                            std::vector<std::string> headers) {
    auto url = "http://127.0.0.1:" + std::to_string(server_->port) + "/api/v1" + path;
    outgoing_request what;
    what.method = verb;
    what.url = url;
    what.headers = std::move(headers);
    what.body = body;
    what.timeout = answer_timeout;
    auto answer = fetch(what);
    if (!answer)
      throw std::runtime_error(text_of(answer.error()));
    return *answer;
  }

  caf::expected<running_server> server_{caf::make_error(caf::sec::runtime_error)};
};

msg<wire::TasksRecorded> recorded(const incoming_response& answer) {
  EXPECT_EQ(answer.status, 201) << answer.body;
  auto out = from_json<wire::TasksRecorded>(answer.body);
  EXPECT_TRUE(out) << answer.body;
  return out ? *out : msg<wire::TasksRecorded>{};
}

std::string detail_of(const incoming_response& answer) {
  return problem_of(answer)->getDetail().cStr();
}

const std::string good = R"({"task_type":"feature","tool_name":"aider","completion_time_s":1.5,"success":true})";

// -- the forms of a body ----------------------------------------------------------

TEST(task_routes, takes_one_record_an_array_and_lines) {
  tracker_server node;
  EXPECT_EQ(recorded(node.post("/tasks", good))->getRecorded(), 1u);
  EXPECT_EQ(recorded(node.post("/tasks", " [" + good + "," + good + "]"))->getRecorded(), 2u);
  EXPECT_EQ(recorded(node.post("/tasks", good + "\n" + good + "\r\n\n  \n" + good, ndjson_type))->getRecorded(), 3u);
  EXPECT_EQ(node.tracker.records().size(), 6u);
}

std::vector<std::pair<uint32_t, std::string>> rejected_of(const msg<wire::TasksRecorded>& answer) {
  std::vector<std::pair<uint32_t, std::string>> out;
  for (auto each : answer->getRejected())
    out.emplace_back(each.getLine(), each.getReason().cStr());
  return out;
}

TEST(task_routes, a_bad_line_is_named_and_the_others_are_recorded) {
  tracker_server node;
  std::string body = good + "\n" + "{not json\n" + "\n" + good + "\n" +
                     R"({"task_type":"feature","tool_name":"aider","completion_time_s":-1,"success":true})" + "\n" +
                     R"({"tool_name":"aider","completion_time_s":1,"success":true})" + "\n" + "\xFF\xFE\n" +
                     R"({"task_type":"feature","tool_name":"aider","completion_time_s":1,"success":1})" + "\n" + good;
  auto answer = recorded(node.post("/tasks", body, ndjson_type));
  EXPECT_EQ(answer->getRecorded(), 3u);
  EXPECT_THAT(rejected_of(answer),
              ElementsAre(Pair(2, HasSubstr("not valid JSON")), Pair(5, HasSubstr("/completion_time_s")),
                          Pair(6, HasSubstr("/task_type")), Pair(7, HasSubstr("UTF-8")),
                          Pair(8, HasSubstr("/success"))));
  EXPECT_EQ(node.tracker.records().size(), 3u);
}

TEST(task_routes, duplicates_are_named_by_their_place_in_the_body) {
  tracker_server node;
  auto with_key = [](const std::string& key) {
    return R"({"task_type": "t", "tool_name": "a", "completion_time_s": 1, "success": true, "idempotency_key": ")" +
           key + R"("})";
  };
  auto first = node.post("/tasks", with_key("k1"));
  EXPECT_EQ(first.body.find("duplicate_lines"), first.body.npos) << "there are none: " << first.body;
  auto lines = [&](const std::string& body, const std::string& type) {
    auto answer = recorded(node.post("/tasks", body, type));
    auto named = answer->getDuplicateLines();
    EXPECT_EQ(answer->getDuplicates(), named.size());
    std::vector<uint32_t> out;
    for (auto line : named)
      out.push_back(line);
    return out;
  };
  EXPECT_THAT(lines("[" + with_key("k2") + "," + with_key("k1") + "]", json_type), ElementsAre(2));
  EXPECT_THAT(lines("\n" + with_key("k1") + "\n\n" + with_key("k3") + "\n" + with_key("k2"), ndjson_type),
              ElementsAre(2, 5));
  EXPECT_THAT(lines("bad\n" + with_key("k4") + "\n" + with_key("k4"), ndjson_type), ElementsAre(3));
}

/// Gives the tracker a tool `full` for task type `other` with as many records as can be counted.
void fill_a_tool(test_tracker& tracker) {
  analysis::tally source;
  for (size_t i = 0; i < analysis::recent_outcomes::capacity; ++i)
    source.add({"other", "full", "", 0, false});
  auto cell = source.cells().front();
  cell.sums.n = analysis::max_tool_records;
  tracker.stop();
  write_set writes;
  task_store::put_cell(writes, to_stored(cell));
  if (auto failed = tracker.db->write(std::move(writes)))
    throw std::runtime_error(text_of(failed));
  tracker.start();
}

TEST(task_routes, lines_that_the_tracker_leaves_out_are_named_by_their_place_in_the_body) {
  tracker_server node{{}, fill_a_tool};
  auto other = R"({"task_type":"other","tool_name":"full","completion_time_s":1,"success":true})";
  auto answer = recorded(node.post("/tasks", good + "\n\nbroken\n" + other + "\n" + good, ndjson_type));
  EXPECT_EQ(answer->getRecorded(), 2u);
  EXPECT_THAT(rejected_of(answer), ElementsAre(Pair(3, HasSubstr("JSON")), Pair(4, HasSubstr("other"))));
  answer = recorded(node.post("/tasks", "[" + good + "," + other + "]"));
  EXPECT_THAT(rejected_of(answer), ElementsAre(Pair(2, HasSubstr("other"))));
  EXPECT_THAT(detail_of(node.post("/tasks", other)), HasSubstr("other")) << "nothing was kept: a problem";
}

TEST(task_routes, an_array_is_taken_whole_or_not_at_all) {
  tracker_server node;
  auto answer = node.post("/tasks", "[" + good + R"(,{"task_type":"x"}])");
  EXPECT_EQ(answer.status, 400) << answer.body;
  EXPECT_THAT(std::string{problem_of(answer)->getPointer().cStr()}, HasSubstr("/1"));
  EXPECT_THAT(node.tracker.records(), IsEmpty());
}

TEST(task_routes, refuses_what_holds_no_record) {
  tracker_server node;
  for (const char* body : {"", "[]", "null", "7", "{}", "{\"task_type\":"})
    EXPECT_GE(node.post("/tasks", body).status, 400) << body;
  for (const char* body : {"", "\n \n", "nonsense\nmore"})
    EXPECT_GE(node.post("/tasks", body, ndjson_type).status, 400) << body;
  EXPECT_THAT(detail_of(node.post("/tasks", "\n\nnonsense", ndjson_type)), HasSubstr("line 3"));
  EXPECT_EQ(node.post("/tasks", good, "Content-Type: text/plain").status, 415);
  EXPECT_THAT(node.post("/tasks", "").body, HasSubstr("a body is required"));
  EXPECT_THAT(detail_of(node.post("/tasks?extra=1", good)), HasSubstr("extra"));
  EXPECT_THAT(node.tracker.records(), IsEmpty());
}

TEST(task_routes, refuses_more_lines_than_one_message_holds) {
  tracker_server node;
  std::string body;
  for (int i = 0; i < 10'000; ++i)
    body += good + "\n";
  EXPECT_EQ(recorded(node.post("/tasks", body, ndjson_type))->getRecorded(), 10'000u);
  auto answer = node.post("/tasks", body + good, ndjson_type);
  EXPECT_EQ(answer.status, 413) << answer.body;
  EXPECT_THAT(detail_of(answer), HasSubstr("10000"));
}

TEST(task_routes, overload_is_too_many_requests_with_retry_after) {
  tracker_server node;
  node.tracker.gate->refuse_with = ec::overloaded;
  EXPECT_EQ(node.post("/tasks", good).status, 429);
  raw_connection client{node.port()};
  ASSERT_TRUE(
    client.send("POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: "
                "close\r\nContent-Length: " +
                std::to_string(good.size()) + "\r\n\r\n" + good));
  EXPECT_THAT(client.read_all(), HasSubstr("Retry-After: 1"));
  node.tracker.gate->refuse_with = ec::none;
  EXPECT_EQ(node.post("/tasks", good).status, 201);
}

// -- questions ------------------------------------------------------------------

TEST(task_routes, finds_records) {
  tracker_server node;
  node.post("/tasks", good);
  node.post("/tasks", R"({"task_type":"bug_fix","tool_name":"ruff","completion_time_s":2,"success":false,
                          "user_id":"u 1","timestamp":"2026-02-24T12:00:00Z"})");
  auto answer = node.get("/tasks?user_id=u%201&since=2026-02-24T12:00:00Z&limit=5");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("timestamp":"2026-02-24T12:00:00Z")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("sequence":2)"));
  EXPECT_THAT(answer.body, testing::Not(HasSubstr("aider")));
  EXPECT_EQ(node.get("/tasks?after=x").status, 400);
}

TEST(task_routes, says_when_nothing_qualifies) {
  tracker_server node;
  EXPECT_EQ(node.get("/tools/best?task_type=feature").status, 404);
  EXPECT_EQ(node.get("/tools/delta").status, 404);
  EXPECT_EQ(node.get("/tools/best").status, 400) << "task_type is required";
}

TEST(task_routes, routes) {
  tracker_server node;
  EXPECT_THAT(node.get("/tools/route?task_type=bug_fix&available=ruff&available=aider_native").body,
              HasSubstr(R"("tool_name":"aider_native")"));
  EXPECT_THAT(detail_of(node.get("/tools/route?task_type=bug_fix&task_type=x")), HasSubstr("given twice"));
  auto answer = node.get("/tools/route?task_type=bug_fix&available=ruff,aider_native");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("tool_name":"aider_native")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("reason":"heuristic")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("success_rate":null)"));
}

// -- sources ----------------------------------------------------------------------

TEST(task_routes, rows_of_a_source_are_taken_once_in_every_form) {
  tracker_server node;
  auto rows = [](int after, int through) {
    return "/tasks?source=db-1&after_row=" + std::to_string(after) + "&through_row=" + std::to_string(through);
  };
  auto row = [&] { return node.get("/tasks/sources/db-1").body; };
  EXPECT_THAT(row(), HasSubstr(R"("row":0)"));
  EXPECT_EQ(recorded(node.post(rows(0, 1), good))->getRecorded(), 1u);
  EXPECT_EQ(recorded(node.post(rows(1, 5), "[" + good + "," + good + "]"))->getRecorded(), 2u);
  EXPECT_EQ(recorded(node.post(rows(5, 9), good + "\nbad\n" + good, ndjson_type))->getRecorded(), 2u);
  EXPECT_THAT(row(), HasSubstr(R"("row":9)"));
  for (const auto& [body, type] : {std::pair{good, json_type}, {"[" + good + "]", json_type}, {good, ndjson_type}}) {
    auto again = node.post(rows(5, 9), body, type);
    EXPECT_EQ(again.status, 409) << again.body;
    EXPECT_THAT(again.body, HasSubstr(R"("code":"conflict")"));
    EXPECT_THAT(detail_of(again), HasSubstr("up to row 9"));
  }
  EXPECT_EQ(node.tracker.records().size(), 5u);
}

TEST(task_routes, rows_of_a_source_may_hold_no_record_at_all) {
  tracker_server node;
  auto row = [&] { return node.get("/tasks/sources/db-1").body; };
  EXPECT_EQ(recorded(node.post("/tasks?source=db-1&after_row=0&through_row=4", "[]"))->getRecorded(), 0u);
  EXPECT_THAT(row(), HasSubstr(R"("row":4)"));
  auto lines = recorded(node.post("/tasks?source=db-1&after_row=4&through_row=6", "bad\nworse", ndjson_type));
  EXPECT_EQ(lines->getRejected().size(), 2u);
  EXPECT_THAT(row(), HasSubstr(R"("row":6)"));
}

TEST(task_routes, a_source_is_forgotten_so_that_another_finds_room) {
  tracker_server node{{.ledger = {.sources = 1}}};
  ASSERT_EQ(node.post("/tasks?source=old&through_row=7", good).status, 201);
  auto full = node.post("/tasks?source=new&through_row=1", good);
  EXPECT_EQ(full.status, 507) << full.body;
  EXPECT_THAT(detail_of(full), HasSubstr("forgotten"));
  EXPECT_EQ(node.get("/tasks/sources").body, R"({"sources":[{"source":"old","row":7}]})");
  EXPECT_EQ(node.erase("/tasks/sources/old").body, R"({"source":"old","row":7})");
  EXPECT_EQ(node.erase("/tasks/sources/old").status, 404);
  EXPECT_EQ(node.post("/tasks?source=new&through_row=1", good).status, 201);
  node.tracker.restart();
  EXPECT_EQ(node.tracker.records().size(), 2u);
}

TEST(task_routes, refuses_a_source_that_is_no_id) {
  tracker_server node;
  for (const char* query : {"source=a%2Fb&through_row=1", "source=db&through_row=x", "after_row=1&through_row=2",
                            "source=db", "source=db&through_row=-1", "tasks=1"})
    for (const auto& [body, type] : {std::pair{good, json_type}, {"[" + good + "]", json_type}, {good, ndjson_type}})
      EXPECT_EQ(node.post(std::string{"/tasks?"} + query, body, type).status, 400) << query << " " << type;
  EXPECT_EQ(node.get("/tasks/sources/a%2Fb").status, 400);
  EXPECT_THAT(node.tracker.records(), IsEmpty());
}

TEST(task_routes, the_delta_of_the_hive_sums_up_what_the_others_said) {
  tracker_server node;
  EXPECT_EQ(node.get("/tools/delta?scope=hive").status, 404);
  for (const char* origin : {"a", "b"})
    ASSERT_EQ(node
                .post("/tools/delta", std::string{R"({"origin":")"} + origin +
                                        R"(","coding_benchmarks":{"fix":{"x":{"success_rate":0.5,"avg_time_s":2,)"
                                        R"("sample_count":8}}}})")
                .status,
              201);
  auto answer = node.get("/tools/delta?scope=hive");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr(R"("fix":{"x":{"success_rate":0.5,"avg_time_s":2,"sample_count":16)"));
  EXPECT_EQ(node.get("/tools/delta").status, 404) << "this node has no records";
}

TEST(task_routes, a_delta_of_hart_os_is_taken_with_all_that_it_holds) {
  tracker_server node;
  auto answer = node.post("/tools/delta", R"({"coding_benchmarks": {"fix": {"x": {"success_rate": 0.5, "avg_time_s": 2,
    "sample_count": 3, "model": "m"}}, "review": {}}, "ts": 5, "node_tier": "standard", "autoresearch": {"session_id": "s",
    "experiment_id": "e", "metric_name": "loss", "baseline": 1.5, "best": null, "iterations": 4}})");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(answer.body, R"({"recorded":1})");
  EXPECT_THAT(node.get("/tools/best?task_type=fix&scope=hive").body, HasSubstr(R"("sample_count":3)"))
    << "HART OS tells of tools with enough records alone, and takes each word";
  EXPECT_EQ(node
              .post("/tools/delta", R"({"coding_benchmarks": {"fix": {"x": {"success_rate": 2, "avg_time_s": 2,
    "sample_count": 3}}}})")
              .status,
            400);
}

TEST(task_routes, deltas_without_origin_merge_by_task_type) {
  tracker_server node;
  auto import = [&](const std::string& task, const std::string& tool) {
    auto answer = node.post("/tools/delta", R"({"coding_benchmarks":{")" + task + R"(":{")" + tool +
                                              R"(":{"success_rate":0.5,"avg_time_s":2,"sample_count":8}}}})");
    EXPECT_EQ(answer.status, 201) << answer.body;
  };
  auto best = [&](const std::string& task) { return node.get("/tools/best?scope=hive&task_type=" + task).body; };
  import("fix", "a");
  import("review", "b");
  import("fix", "c");
  EXPECT_THAT(best("fix"), HasSubstr(R"("tool_name":"c")"));
  EXPECT_THAT(best("review"), HasSubstr(R"("tool_name":"b")")) << "the later deltas did not speak of it";
  EXPECT_THAT(node.get("/tools/delta?scope=hive").body, testing::Not(HasSubstr(R"("a":)")));
}

TEST(task_routes, what_deltas_without_origin_said_can_be_dropped) {
  tracker_server node;
  auto body = [](const std::string& origin) {
    return R"({"coding_benchmarks":{"fix":{"x":{"success_rate":0.5,"avg_time_s":2,"sample_count":8}}})" + origin + "}";
  };
  ASSERT_EQ(node.post("/tools/delta", body("")).status, 201);
  ASSERT_EQ(node.post("/tools/delta", body(R"(,"origin":"a")")).status, 201);
  auto samples = [&] { return node.get("/tools/best?scope=hive&task_type=fix").body; };
  EXPECT_THAT(samples(), HasSubstr(R"("sample_count":16)"));
  EXPECT_EQ(node.erase("/tools/delta").status, 200);
  EXPECT_THAT(samples(), HasSubstr(R"("sample_count":8)"));
  EXPECT_EQ(node.erase("/tools/delta").status, 404);
}

// -- cases of the source system ----------------------------------------------------

using json = capnp::JsonValue::Reader;

/// A JSON document with the memory that it needs.
class document {
public:
  explicit document(std::string_view text) {
    codec_.decodeRaw(kj::arrayPtr(text.data(), text.size()), message_.initRoot<capnp::JsonValue>());
  }

  json root() {
    return message_.getRoot<capnp::JsonValue>().asReader();
  }

private:
  capnp::JsonCodec codec_;
  capnp::MallocMessageBuilder message_;
};

json at(json object, std::string_view name) {
  for (auto member : object.getObject())
    if (name == member.getName().cStr())
      return member.getValue();
  throw std::runtime_error("there is no member " + std::string{name});
}

std::string text_of_json(json value) {
  return capnp::JsonCodec{}.encodeRaw(value).cStr();
}

class tracker_vectors_test : public testing::TestWithParam<uint32_t> {
public:
  ~tracker_vectors_test() noexcept override { // the destructors of Cap'n Proto's builders may throw
  }

protected:
  void SetUp() override {
    auto records = at(given(), "records");
    if (records.getArray().size() > 0) {
      ASSERT_EQ(node_.post("/tasks", text_of_json(records)).status, 201);
    }
  }

  json given() {
    return vectors_.root().getArray()[GetParam()];
  }

  /// `expected` is [tool, rate, time] or null.
  void expect_best(const std::string& query, json expected) {
    SCOPED_TRACE(query);
    if (expected.isNull()) {
      EXPECT_EQ(node_.get(query).status, 404);
      return;
    }
    auto answer = node_.get(query);
    ASSERT_EQ(answer.status, 200) << answer.body;
    document best{answer.body};
    auto wanted = expected.getArray();
    EXPECT_STREQ(at(best.root(), "tool_name").getString().cStr(), wanted[0].getString().cStr());
    EXPECT_EQ(at(best.root(), "success_rate").getNumber(), wanted[1].getNumber());
    // HART OS adds times up as floats, so its mean may differ in the last bit.
    EXPECT_DOUBLE_EQ(at(best.root(), "avg_time_s").getNumber(), wanted[2].getNumber());
  }

  tracker_server node_;

private:
  document vectors_{file_text(HIVE_TEST_DATA "/tracker.json")};
};

TEST_P(tracker_vectors_test, best_tool_agrees) {
  for (auto expected : at(given(), "best_tool").getObject())
    expect_best("/tools/best?policy=threshold&task_type=" + url_encode(expected.getName().cStr()), expected.getValue());
}

TEST_P(tracker_vectors_test, summary_agrees) {
  auto answer = node_.get("/tools/summary");
  ASSERT_EQ(answer.status, 200) << answer.body;
  document got{answer.body};
  auto expected = at(given(), "summary");
  EXPECT_EQ(at(got.root(), "total_benchmarks").getNumber(), at(expected, "total_benchmarks").getNumber());
  for (const char* list : {"by_tool", "by_task_type"}) {
    auto wanted = at(expected, list).getArray(), lines = at(got.root(), list).getArray();
    ASSERT_EQ(lines.size(), wanted.size());
    // The recorded cases are ordered by name; the node lists the best tool of a task type first.
    auto names = [](json line) {
      auto task = line.getObject()[0].getName() == "task_type" ? text_of_json(at(line, "task_type")) : std::string{};
      return std::pair{task, text_of_json(at(line, "tool"))};
    };
    std::map<std::pair<std::string, std::string>, json> by_name;
    for (auto line : lines)
      by_name.emplace(names(line), line);
    for (auto line : wanted)
      for (auto member : line.getObject())
        EXPECT_EQ(text_of_json(at(by_name.at(names(line)), member.getName().cStr())), text_of_json(member.getValue()))
          << list << " " << names(line).second << " " << member.getName().cStr();
  }
}

TEST_P(tracker_vectors_test, learning_delta_agrees) {
  auto expected = at(given(), "learning_delta");
  auto answer = node_.get("/tools/delta");
  if (expected.isNull()) {
    EXPECT_EQ(answer.status, 404);
    return;
  }
  ASSERT_EQ(answer.status, 200) << answer.body;
  document got{answer.body};
  auto wanted = at(expected, "coding_benchmarks").getObject();
  auto tasks = at(got.root(), "coding_benchmarks");
  ASSERT_EQ(tasks.getObject().size(), wanted.size());
  for (auto task : wanted) {
    auto tools = at(tasks, task.getName().cStr());
    ASSERT_EQ(tools.getObject().size(), task.getValue().getObject().size());
    for (auto tool : task.getValue().getObject())
      for (auto figure : tool.getValue().getObject())
        EXPECT_EQ(text_of_json(at(at(tools, tool.getName().cStr()), figure.getName().cStr())),
                  text_of_json(figure.getValue()))
          << task.getName().cStr() << " " << tool.getName().cStr() << " " << figure.getName().cStr();
  }
}

TEST_P(tracker_vectors_test, hive_best_tool_agrees) {
  auto delta = at(given(), "hive_delta");
  if (at(delta, "coding_benchmarks").getObject().size() > 0) {
    ASSERT_EQ(node_.post("/tools/delta", text_of_json(delta)).status, 201);
  }
  for (auto expected : at(given(), "hive_best_tool").getObject())
    expect_best("/tools/best?policy=threshold&scope=hive&task_type=" + url_encode(expected.getName().cStr()),
                expected.getValue());
}

INSTANTIATE_TEST_SUITE_P(cases, tracker_vectors_test, testing::Range(0u, 15u));

TEST(tracker_vector_file, holds_as_many_cases_as_are_tested) {
  document vectors{file_text(HIVE_TEST_DATA "/tracker.json")};
  EXPECT_EQ(vectors.root().getArray().size(), 15u);
}

} // namespace
} // namespace hive::http
