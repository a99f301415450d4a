#include "messages/benchmark.capnp.h"
#include "messages/node.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/temporary_directory.hpp"

#include <fstream>
#include <gmock/gmock.h>

namespace hive::cluster {
namespace {

using testing::HasSubstr;

/// A request that must be rejected, and what the error must say.
struct bad_request {
  std::string method;
  std::string path;
  std::string body;
  int status;
  std::string code;
  std::string named; ///< a part of the problem's detail
};

const std::string long_id(65, 'a');

/// The body of a snapshot whose only metric has this value.
std::string with_value(const std::string& value) {
  return R"({"metrics":{"m":{"direction":"higher","value":)" + value + "}}}";
}

std::string repeat(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string many_metrics(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += (i ? ",\"m" : "\"m") + std::to_string(i) + "\":{\"value\":1,\"direction\":\"lower\"}";
  return "{\"metrics\":{" + out + "}}";
}

class bad_input : public testing::Test {
protected:
  void SetUp() override {
    node.await_ready();
    register_script(node, "kept", print_metric("m", "1"), mark);
    ASSERT_EQ(node.put(snapshots + "/kept", with_value("1")).status, 200);
    before = state();
  }

  /// Everything that a rejected request could have changed.
  std::string state() const {
    return node.get(snapshots + "/kept").body + node.get(snapshots).body + node.get("/api/v1/benchmarks").body +
           node.get("/api/v1/results/latest").body;
  }

  void expect_problem(const reply& answer, int status, const std::string& code, const std::string& named) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.content_type, "application/problem+json");
    auto problem = answer.as<wire::Problem>();
    EXPECT_EQ(problem->getStatus(), status);
    EXPECT_EQ(problem->getCode().cStr(), code);
    EXPECT_THAT(problem->getDetail().cStr(), HasSubstr(named));
  }

  void expect_refused(const std::vector<bad_request>& requests) {
    for (const auto& r : requests) {
      SCOPED_TRACE(r.method + " " + r.path + " " + r.body.substr(0, 100));
      expect_problem(node.request(r.method, r.path, r.body), r.status, r.code, r.named);
      EXPECT_EQ(state(), before);
    }
    EXPECT_EQ(node.get("/readyz").status, 200);
  }

  temporary_directory temp;
  std::string mark = temp.path().filename().string() + "-child";
  hived_process node{{.directory = temp.path()}};
  std::string before;
};

TEST_F(bad_input, malformed_json) {
  auto kept = snapshots + "/kept";
  expect_refused({{"POST", snapshots, R"({"version":)", 400, "malformed", "JSON"},
                  {"POST", snapshots, R"({"version":"v"} trailing)", 400, "malformed", "JSON"},
                  {"POST", snapshots, R"({"version":"v",})", 400, "malformed", "JSON"},
                  {"POST", snapshots, R"({'version':'v'})", 400, "malformed", "JSON"},
                  {"POST", snapshots, "{\"version\":\"v\n\"}", 400, "malformed", "JSON"},
                  {"POST", snapshots, "{\"version\":\"\xff\xfe\"}", 400, "malformed", "UTF-8"},
                  {"POST", snapshots, R"({"version":"\ud800"})", 400, "malformed", "JSON"},
                  {"POST", snapshots, R"({"version":"a\u0000b"})", 400, "malformed", "NUL"},
                  {"PUT", kept, repeat("[", 100'000), 400, "malformed", "JSON"},
                  {"PUT", kept, R"({"metrics":)" + repeat(R"({"a":)", 10'000), 400, "malformed", "JSON"}});
}

TEST_F(bad_input, wrong_types_and_unknown_fields) {
  auto kept = snapshots + "/kept";
  expect_refused(
    {{"POST", snapshots, "", 400, "invalid", "/version"},
     {"POST", snapshots, "{}", 400, "invalid", "/version"},
     {"POST", snapshots, "[]", 400, "invalid", "object"},
     {"POST", snapshots, "null", 400, "invalid", "object"},
     {"POST", snapshots, R"("v")", 400, "invalid", "object"},
     {"POST", snapshots, R"({"version":7})", 400, "invalid", "/version"},
     {"POST", snapshots, R"({"version":["v"]})", 400, "invalid", "/version"},
     {"POST", snapshots, R"({"version":"v","nonsense":1})", 400, "invalid", "/nonsense"},
     {"POST", snapshots, R"({"version":"v","version":"w"})", 400, "invalid", "/version"},
     {"POST", snapshots, R"({"version":"v","repeats":-1})", 400, "invalid", "/repeats"},
     {"POST", snapshots, R"({"version":"v","repeats":1.5})", 400, "invalid", "/repeats"},
     {"POST", snapshots, R"({"version":"v","repeats":1e30})", 400, "invalid", "/repeats"},
     {"POST", snapshots, R"({"version":"v","repeats":1001})", 400, "invalid", "/repeats"},
     {"POST", snapshots, R"({"version":"v","tier":"sideways"})", 400, "invalid", "/tier"},
     {"POST", snapshots, R"({"version":"v","tier":0})", 400, "invalid", "/tier"},
     {"POST", snapshots, R"({"version":"v","tier":"dynamic"})", 400, "invalid", "/tier"},
     {"PUT", kept, R"({"metrics":[]})", 400, "invalid", "/metrics"},
     {"PUT", kept, R"({"metrics":{"m":1}})", 400, "invalid", "/metrics/m"},
     {"PUT", kept, R"({"metrics":{"m":{"value":1}}})", 400, "invalid", "/metrics/m/direction"},
     {"PUT", kept, R"({"metrics":{"m":{"direction":"up","value":1}}})", 400, "invalid", "/metrics/m/direction"},
     {"PUT", kept, R"({"captured_at":"yesterday"})", 400, "invalid", "/captured_at"},
     {"PUT", kept, R"({"version":"other"})", 400, "invalid", "/version"},
     {"PUT", kept, R"({"metrics":{},"benchmarks":{"a":{"metrics":{}}},"adapters":{"a":{"status":"ok"}}})", 400,
      "invalid", "/benchmarks"}});
}

TEST_F(bad_input, numbers_that_are_none) {
  auto kept = snapshots + "/kept";
  std::vector<bad_request> requests;
  for (const char* value : {"NaN", "nan", "Infinity", "-Infinity", "inf", "1e", "01", ".5", "0x10", "+1"})
    requests.push_back({"PUT", kept, with_value(value), 400, "malformed", ""});
  for (const char* value : {"1e999", "-1e999", "\"NaN\"", "\"Infinity\"", "\"1\"", "true", "{}"})
    requests.push_back({"PUT", kept, with_value(value), 400, "invalid", "/metrics/m/value"});
  requests.push_back({"PUT", kept, R"({"metrics":{"m":{"direction":"lower","value":1,"samples":[1,1e999]}}})", 400,
                      "invalid", "/metrics/m/samples/1"});
  expect_refused(requests);
}

TEST_F(bad_input, ids_and_versions_outside_the_pattern) {
  std::vector<bad_request> requests;
  for (const std::string& version :
       {std::string{"../x"}, long_id, std::string{"a/b"}, std::string{".hidden"}, std::string{"-v"}, std::string{"a b"},
        std::string{"v\\n"}, std::string{"\xc3\xa9"}, std::string{"a%2fb"}})
    requests.push_back({"POST", snapshots, "{\"version\":\"" + version + "\"}", 400, "invalid", "/version"});
  for (const std::string& segment : {std::string{"..%2Fx"}, long_id, std::string{"a%00b"}, std::string{"%00"},
                                     std::string{"a%20b"}, std::string{"%C3%A9"}}) {
    requests.push_back({"PUT", snapshots + "/" + segment, with_value("1"), 400, "invalid", "version"});
    requests.push_back({"GET", snapshots + "/" + segment, "", 400, "invalid", "version"});
    requests.push_back({"DELETE", "/api/v1/benchmarks/" + segment, "", 400, "invalid", "name"});
    auto model = segment == long_id ? long_id + long_id : segment; // model ids may be twice as long
    requests.push_back({"POST", "/api/v1/models/" + model + "/observations", R"({"observations":[{"latency_ms":1}]})",
                        400, "invalid", "id"});
    requests.push_back({"GET", "/api/v1/upgrades/check?old=kept&new=" + segment, "", 400, "invalid", "new"});
  }
  requests.push_back({"POST", "/api/v1/benchmarks", R"({"name":"../x","command":["true"]})", 400, "invalid", "/name"});
  expect_refused(requests);
}

TEST_F(bad_input, more_than_a_limit_allows) {
  auto kept = snapshots + "/kept";
  auto body_over_the_limit = with_value("1") + std::string((8u << 20), ' ');
  expect_refused(
    {{"PUT", kept, body_over_the_limit, 413, "too_large", "8388608"},
     {"PUT", kept, many_metrics(100'001), 400, "invalid", "/metrics"},
     {"PUT", kept, "{\"metrics\":{\"" + std::string(257, 'm') + R"(":{"value":1,"direction":"lower"}}})", 400,
      "invalid", "/metrics"},
     {"PUT", kept, R"({"metrics":{"m":{"direction":"lower","value":1,"samples":[)" + repeat("1,", 10'000) + "1]}}}",
      400, "invalid", "/metrics/m/samples"},
     {"POST", snapshots, R"({"version":"v","git_sha":")" + std::string(65, 'f') + "\"}", 400, "invalid", "/git_sha"},
     {"POST", "/api/v1/benchmarks", R"({"name":"x","command":[)" + repeat("\"a\",", 256) + "\"a\"]}", 400, "invalid",
      "/command"}});
}

TEST_F(bad_input, queries) {
  auto check = std::string{"/api/v1/upgrades/check"};
  expect_refused({{"GET", check, "", 400, "invalid", "old"},
                  {"GET", check + "?old=kept", "", 400, "invalid", "new"},
                  {"GET", check + "?old=kept&new=kept&policy=lenient", "", 400, "invalid", "policy"},
                  {"GET", check + "?old=kept&new=kept&colour=red", "", 400, "invalid", "colour"},
                  {"GET", snapshots + "?limit=0", "", 400, "invalid", "limit"},
                  {"GET", snapshots + "?limit=1001", "", 400, "invalid", "limit"},
                  {"GET", snapshots + "?limit=ten", "", 400, "invalid", "limit"},
                  {"GET", snapshots + "?limit=-1", "", 400, "invalid", "limit"},
                  {"POST", snapshots + "?wait=maybe", R"({"version":"v"})", 400, "invalid", "wait"},
                  {"GET", snapshots + "/kept", "{}", 400, "invalid", "body"}});
}

TEST_F(bad_input, what_does_not_exist) {
  expect_refused({{"GET", snapshots + "/nowhere", "", 404, "not_found", "nowhere"},
                  {"DELETE", "/api/v1/benchmarks/nobody", "", 404, "not_found", "nobody"},
                  {"GET", "/api/v1/nothing", "", 404, "not_found", "/api/v1/nothing"},
                  {"GET", "/api/v1/snapshots/kept/more", "", 404, "not_found", "more"},
                  {"DELETE", snapshots, "", 405, "unsupported", snapshots}});
}

TEST_F(bad_input, adapters) {
  auto adapters = std::string{"/api/v1/benchmarks"};
  expect_refused(
    {{"POST", adapters, R"({"name":"kept","command":["true"]})", 409, "already_exists", "kept"},
     {"POST", adapters, R"({"name":"regression","command":["true"]})", 409, "already_exists", "regression"},
     {"POST", adapters, R"({"name":"x"})", 400, "invalid", "/command"},
     {"POST", adapters, R"({"name":"x","command":[]})", 400, "invalid", "/command"},
     {"POST", adapters, R"({"name":"x","command":"true"})", 400, "invalid", "/command"},
     {"POST", adapters, R"({"name":"x","command":["true"],"timeout_s":0})", 400, "invalid", "/timeout_s"},
     {"POST", adapters, R"({"name":"x","command":["true"],"timeout_s":1e9})", 400, "invalid", "/timeout_s"},
     {"POST", adapters, R"({"name":"x","command":["true"],"tier":"all"})", 400, "invalid", "/tier"},
     {"POST", adapters, R"({"name":"x","command":["true"],"shell":true})", 400, "invalid", "/shell"},
     {"DELETE", adapters + "/guardrail", "", 403, "forbidden", "guardrail"}});
}

TEST_F(bad_input, inputs_of_the_fast_adapters) {
  auto model = std::string{"/api/v1/models/m/observations"};
  auto world = std::string{"/api/v1/world-model/stats"};
  expect_refused(
    {{"POST", model, R"({"observations":[{"accuracy":1.5}]})", 400, "invalid", "/observations/0/accuracy"},
     {"POST", model, R"({"observations":[{"latency_ms":-1}]})", 400, "invalid", "/observations/0/latency_ms"},
     {"POST", model, R"({"observations":[{"latency_ms":1e999}]})", 400, "invalid", "/observations/0/latency_ms"},
     {"POST", model, R"({"observations":[{"colour":1}]})", 400, "invalid", "/observations/0/colour"},
     {"POST", model, "{}", 400, "invalid", "/observations"},
     {"POST", world, R"({"recorded":1,"flushed":1,"corrections":0})", 400, "invalid", "/hivemind_queries"},
     {"POST", world, R"({"recorded":-1,"flushed":1,"corrections":0,"hivemind_queries":0})", 400, "invalid",
      "/recorded"},
     {"POST", world, R"({"recorded":1.5,"flushed":1,"corrections":0,"hivemind_queries":0})", 400, "invalid",
      "/recorded"}});
  // The rejected requests left neither a model nor a counter behind.
  auto snapshot = node.post(snapshots, R"({"version":"after"})").as<wire::Snapshot>();
  EXPECT_EQ(outcome_of(snapshot, "model_registry").getStatus(), wire::AdapterStatus::SKIPPED);
  EXPECT_EQ(outcome_of(snapshot, "world_model").getStatus(), wire::AdapterStatus::SKIPPED);
}

TEST_F(bad_input, a_body_that_is_not_json_by_its_own_account) {
  for (const char* type : {"text/plain", "application/xml", "application/json; charset=latin1"})
    expect_problem(node.request("POST", snapshots, R"({"version":"v"})", type), 415, "unsupported", "Content-Type");
  EXPECT_EQ(state(), before);
}

TEST_F(bad_input, a_capture_of_a_version_that_is_being_captured) {
  auto release = (temp.path() / "release").string();
  register_script(node, "slow", "while [ ! -e '" + release + "' ]; do sleep 0.05; done; " + print_metric("late", "2"),
                  mark);
  ASSERT_EQ(node.post(snapshots + "?wait=false", R"({"version":"busy"})").status, 202);
  expect_problem(node.post(snapshots, R"({"version":"busy"})"), 409, "busy", "busy");
  expect_problem(node.post(snapshots + "?wait=false", R"({"version":"busy"})"), 409, "busy", "busy");
  expect_problem(node.put(snapshots + "/busy", with_value("1")), 409, "busy", "busy");
  expect_problem(node.get(snapshots + "/busy"), 404, "not_found", "busy"); // a running capture is not shown
  ASSERT_EQ(node.put(snapshots + "/other", with_value("1")).status, 200);  // other versions need not wait
  std::ofstream{release};
  ASSERT_TRUE(wait_until([&] { return node.get(snapshots + "/busy").status == 200; }));
  EXPECT_EQ(metric_of(node.get(snapshots + "/busy").as<wire::Snapshot>(), "late").getValue(), 2);
}

} // namespace
} // namespace hive::cluster
