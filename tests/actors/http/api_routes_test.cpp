#include "actors/http/api_routes.hpp"

#include "actors/http/benchmark_routes.hpp"
#include "actors/http/hive_routes.hpp"
#include "actors/http/namespace_routes.hpp"
#include "actors/http/node_routes.hpp"
#include "actors/http/otlp_routes.hpp"
#include "actors/http/research_routes.hpp"
#include "actors/http/task_routes.hpp"
#include "tests/actors/http/fake_node.hpp"

#include <capnp/compat/json.h>
#include <gmock/gmock.h>
#include <set>

namespace hive::http {
namespace {

using testing::HasSubstr;

std::string text(capnp::Text::Reader from) {
  return {from.begin(), from.size()};
}

/// A request that succeeds, and what its answer must contain.
struct good_case {
  std::string verb;
  std::string route; ///< as in the OpenAPI document
  std::string path;
  std::string body;
  int status;
  std::string content;
  std::string location;
};

const good_case good_cases[] = {
  {"GET", "/healthz", "/healthz", "", 200, R"("status":"ok")", ""},
  {"GET", "/readyz", "/readyz", "", 200, R"("epoch":3)", ""},
  {"GET", "/api/v1/status", "/api/v1/status", "", 200, R"("ready":true)", ""},
  {"GET", "/api/v1/whoami", "/api/v1/whoami", "", 200, R"({"role":"operate","open":"operate"})", ""},
  {"GET", "/metrics", "/metrics", "", 200, "hive_http_requests_total", ""},
  {"GET", "/openapi.json", "/openapi.json", "", 200, R"("openapi":"3.1.0")", ""},
  {"GET", "/api/v1/benchmarks", "/api/v1/benchmarks", "", 200, R"("name":"regression")", ""},
  {"POST", "/api/v1/benchmarks", "/api/v1/benchmarks", R"({"name":"disk","command":["/bin/true"]})", 201,
   R"("name":"disk")", ""},
  {"DELETE", "/api/v1/benchmarks/{name}", "/api/v1/benchmarks/disk", "", 200, R"("name":"disk")", ""},
  {"POST", "/api/v1/snapshots", "/api/v1/snapshots", R"({"version":"v1","tier":"fast"})", 201, R"("version":"v1")",
   "/api/v1/snapshots/v1"},
  {"POST", "/api/v1/snapshots", "/api/v1/snapshots?wait=true", R"({"version":"v1"})", 201, R"("latency_ms":{)",
   "/api/v1/snapshots/v1"},
  {"POST", "/api/v1/snapshots", "/api/v1/snapshots?wait=false", R"({"version":"v1"})", 202, R"("capture_id":7)",
   "/api/v1/snapshots/v1"},
  {"GET", "/api/v1/snapshots", "/api/v1/snapshots", "", 200, "limit-100", ""},
  {"GET", "/api/v1/snapshots", "/api/v1/snapshots?limit=5&after=v%201+x", "", 200, R"("next":"v 1 x")", ""},
  {"GET", "/api/v1/snapshots/{version}", "/api/v1/snapshots/v1", "", 200, R"("captured_at":"2026-02-24T12:00:00Z")",
   ""},
  {"GET", "/api/v1/snapshots/{version}", "/api/v1/snapshots/%76%31", "", 200, R"("version":"v1")", ""},
  {"GET", "/api/v1/snapshots/{version}/previous", "/api/v1/snapshots/v2/previous", "", 200, R"("version":"before-v2")",
   ""},
  {"PUT", "/api/v1/snapshots/{version}", "/api/v1/snapshots/v2",
   R"({"version":"v2","metrics":{"m":{"value":1,"direction":"higher"}}})", 200, R"("m":{)", ""},
  {"PUT", "/api/v1/snapshots/{version}", "/api/v1/snapshots/v2", R"({"metrics":{}})", 200, R"("version":"v2")", ""},
  {"GET", "/api/v1/results/latest", "/api/v1/results/latest", "", 200, R"("probe.latency_ms":{)", ""},
  {"GET", "/api/v1/upgrades/check", "/api/v1/upgrades/check?old=v1&new=v2&policy=strict", "", 200,
   R"("policy":"strict")", ""},
  {"GET", "/api/v1/upgrades/check", "/api/v1/upgrades/check?new=v2&old=v1", "", 200, R"("policy":"strict")", ""},
  {"GET", "/api/v1/upgrades/check/document", "/api/v1/upgrades/check/document?new=v2&old=v1&policy=threshold", "", 200,
   R"("query":{"old":"v1","new":"v2","policy":"threshold"})", ""},
  {"POST", "/api/v1/upgrades/measure", "/api/v1/upgrades/measure", R"({"old":"v1","new":"v2"})", 202, R"("id":"m1")",
   "/api/v1/upgrades/measurements/m1"},
  {"POST", "/api/v1/upgrades/measure", "/api/v1/upgrades/measure?wait=true", R"({"old":"v1","new":"v2"})", 201,
   R"("new":"v2")", "/api/v1/upgrades/measurements/m1"},
  {"POST", "/api/v1/upgrades/calibrate", "/api/v1/upgrades/calibrate", R"({"version":"v2"})", 202, R"("new":"v2")",
   "/api/v1/upgrades/measurements/m1"},
  {"GET", "/api/v1/upgrades/measurements", "/api/v1/upgrades/measurements", "", 200, R"("id":"m1")", ""},
  {"GET", "/api/v1/upgrades/measurements/{id}", "/api/v1/upgrades/measurements/m7", "", 200, R"("id":"m7")", ""},
  {"GET", "/api/v1/upgrades/measurements/{id}/rounds", "/api/v1/upgrades/measurements/m7/rounds", "", 200,
   R"("adapter":"bench")", ""},
  {"POST", "/api/v1/upgrades/measurements/{id}/stop", "/api/v1/upgrades/measurements/m7/stop", R"({"reason":"enough"})",
   202, R"("reason":"enough")", ""},
  {"GET", "/api/v1/tracks", "/api/v1/tracks", "", 200, R"("track":"main")", ""},
  {"GET", "/api/v1/tracks/{track}/reference", "/api/v1/tracks/t/reference", "", 200, R"("track":"t")", ""},
  {"PUT", "/api/v1/tracks/{track}/reference", "/api/v1/tracks/t/reference", R"({"version":"v2","reason":"accepted"})",
   200, R"("version":"v2")", ""},
  {"GET", "/api/v1/upgrades/check", "/api/v1/upgrades/check?new=v2&old=v1&policy=threshold", "", 200,
   R"("policy":"threshold")", ""},
  {"GET", "/api/v1/snapshots/{version}/captures", "/api/v1/snapshots/v1/captures?limit=5&after=3", "", 200,
   R"("capture_id":5)", ""},
  {"GET", "/api/v1/snapshots/{version}/captures/{n}", "/api/v1/snapshots/v1/captures/7", "", 200, R"("version":"v1")",
   ""},
  {"DELETE", "/api/v1/snapshots/{version}/captures/{n}", "/api/v1/snapshots/v1/captures/7?reason=noisy+machine", "",
   200, R"("capture_id":7,"reason":"noisy machine")", ""},
  {"DELETE", "/api/v1/snapshots/{version}/captures/{n}", "/api/v1/snapshots/v1/captures/7",
   R"({"reason":"noisy machine"})", 200, R"("capture_id":7,"reason":"noisy machine")", ""},
  {"POST", "/api/v1/models/{id}/observations", "/api/v1/models/gpt/observations",
   R"({"observations":[{"latency_ms":3},{"accuracy":0.5,"latency_ms":null}]})", 201, R"("recorded":2)", ""},
  {"POST", "/api/v1/models/{id}/observations", "/api/v1/models/gpt/observations",
   R"({"id":"gpt","observations":[{"latency_ms":3}]})", 201, R"("recorded":1)", ""},
  {"POST", "/api/v1/world-model/stats", "/api/v1/world-model/stats",
   R"({"recorded":9,"flushed":8,"corrections":"7","hivemind_queries":6})", 201, R"("recorded":1)", ""},
};

/// A node that allows everybody to do everything.
const server_options open_to_all{.open = role::operate};

TEST(api, every_route_answers_a_good_request) {
  fake_node node{open_to_all};
  for (const auto& good : good_cases) {
    auto answer = node.request(good.verb, good.path, good.body);
    EXPECT_EQ(answer.status, good.status) << good.verb << " " << good.path << ": " << answer.body;
    EXPECT_THAT(answer.body, HasSubstr(good.content)) << good.path;
    EXPECT_EQ(answer.location, good.location) << good.path;
    EXPECT_EQ(answer.content_type, good.path == "/metrics" ? "text/plain; version=0.0.4" : "application/json");
  }
}

/// An invalid request, and the problem with which it must be answered.
struct bad_case {
  std::string verb;
  std::string path;
  std::string body;
  int status;
  std::string code;
  std::string detail;
  std::string pointer;
};

const std::string put = "/api/v1/snapshots/v2";
const std::string snapshots = "/api/v1/snapshots";
const std::string check_path = "/api/v1/upgrades/check";

const bad_case bad_cases[] = {
  // Routing.
  {"GET", "/nowhere", "", 404, "not_found", "/nowhere", ""},
  {"GET", "/", "", 404, "not_found", "there is nothing at /", ""},
  {"GET", "/api/v1/snapshots/", "", 404, "not_found", "", ""},
  {"GET", "/api/v1/snapshots/v1/metrics", "", 404, "not_found", "", ""},
  {"DELETE", snapshots, "", 405, "unsupported", "GET, POST only", ""},
  {"PATCH", put, "{}", 405, "unsupported", "GET, PUT only", ""},
  // Ids and versions.
  {"GET", "/api/v1/snapshots/..%2Fx", "", 400, "invalid", "path parameter version must start with", ""},
  {"GET", "/api/v1/snapshots/" + std::string(65, 'a'), "", 400, "invalid", "path parameter version", ""},
  {"GET", "/api/v1/snapshots/v%00", "", 400, "invalid", "path parameter version", ""},
  {"GET", "/api/v1/snapshots/v%0a", "", 400, "invalid", "path parameter version", ""},
  {"GET", "/api/v1/snapshots/%ff", "", 400, "invalid", "path parameter version is not UTF-8", ""},
  {"GET", "/api/v1/snapshots/v%2", "", 400, "invalid", "path parameter version has a '%'", ""},
  {"GET", "/api/v1/snapshots/v%zz", "", 400, "invalid", "path parameter version has a '%'", ""},
  {"DELETE", "/api/v1/benchmarks/a%2fb", "", 400, "invalid", "path parameter name", ""},
  {"POST", snapshots, R"({"version":"../x"})", 400, "invalid", "/version must start with", "/version"},
  {"POST", snapshots, R"({"version":""})", 400, "invalid", "/version is required", "/version"},
  {"POST", snapshots, R"({"version":"v\u0000"})", 400, "malformed", "NUL", ""},
  // Deleting a capture requires a reason.
  {"DELETE", "/api/v1/snapshots/v1/captures/7", "", 400, "invalid", "query parameter reason is required", ""},
  {"DELETE", "/api/v1/snapshots/v1/captures/7", "{}", 400, "invalid", "/reason is required", "/reason"},
  {"DELETE", "/api/v1/snapshots/v1/captures/7", R"({"reason":""})", 400, "invalid", "/reason is required", "/reason"},
  {"DELETE", "/api/v1/snapshots/v1/captures/x?reason=r", "", 400, "invalid", "path parameter n must be an integer", ""},
  {"GET", "/api/v1/snapshots/v1/captures/-1", "", 400, "invalid", "path parameter n", ""},
  {"DELETE", "/api/v1/benchmarks/disk", R"({"reason":"r"})", 400, "invalid", "/reason", "/reason"},
  // The query string.
  {"GET", check_path, "", 400, "invalid", "query parameter old is required", ""},
  {"GET", check_path + "?old=v1", "", 400, "invalid", "query parameter new is required", ""},
  {"GET", check_path + "?old=&new=v2", "", 400, "invalid", "query parameter old is required", ""},
  {"GET", check_path + "?old=a&new=b&old=c", "", 400, "invalid", "query parameter old is given twice", ""},
  {"GET", check_path + "?old=a&new=b&polcy=strict", "", 400, "invalid", "query parameter polcy is not known", ""},
  {"GET", check_path + "?old=a&new=b&policy=lax", "", 400, "invalid", "policy must be one of threshold, strict", ""},
  {"GET", check_path + "?old=a%&new=b", "", 400, "invalid", "query parameter old has a '%'", ""},
  {"GET", snapshots + "?limit=0", "", 400, "invalid", "query parameter limit must be at least 1", ""},
  {"GET", snapshots + "?limit=1001", "", 400, "invalid", "query parameter limit must be at most 1000", ""},
  {"GET", snapshots + "?limit=-1", "", 400, "invalid", "query parameter limit", ""},
  {"GET", snapshots + "?limit=ten", "", 400, "invalid", "query parameter limit must be an integer", ""},
  {"GET", snapshots + "?limit=99999999999999999999", "", 400, "invalid", "query parameter limit", ""},
  {"GET", snapshots + "?after=%00", "", 400, "invalid", "query parameter after is not UTF-8", ""},
  {"GET", snapshots + "?%00=1", "", 400, "invalid", "not UTF-8", ""},
  {"GET", "/api/v1/snapshots/v1?version=v2", "", 400, "invalid", "query parameter version is not known", ""},
  {"GET", "/api/v1/results/latest?x=1", "", 400, "invalid", "query parameter x is not known", ""},
  {"POST", snapshots + "?wait=maybe", R"({"version":"v"})", 400, "invalid", "wait must be true or false", ""},
  {"POST", snapshots + "?tier=fast", R"({"version":"v"})", 400, "invalid", "query parameter tier is not known", ""},
  // Bodies.
  {"POST", snapshots, "", 400, "invalid", "/version is required", "/version"},
  {"PUT", put, "", 400, "invalid", "a body is required: snapshot", ""},
  {"POST", "/api/v1/models/gpt/observations", "", 400, "invalid", "/observations is required", "/observations"},
  {"POST", "/api/v1/world-model/stats", "", 400, "invalid", "/recorded is required", "/recorded"},
  {"POST", snapshots, "{", 400, "malformed", "not valid JSON", ""},
  {"POST", snapshots, "[]", 400, "invalid", "must be an object", ""},
  {"POST", snapshots, "null", 400, "invalid", "must be an object", ""},
  {"POST", snapshots, R"({"version":"v"} x)", 400, "malformed", "not valid JSON", ""},
  {"POST", snapshots, "{\"version\":\"\xff\"}", 400, "malformed", "UTF-8", ""},
  {"POST", snapshots, R"({"version":"v","colour":1})", 400, "invalid", "/colour is not a known field", "/colour"},
  {"POST", snapshots, R"({"version":"v","version":"v"})", 400, "invalid", "/version is given twice", "/version"},
  {"POST", snapshots, R"({"version":7})", 400, "invalid", "/version must be a string, not a number", "/version"},
  {"POST", snapshots, R"({"version":"v","tier":"warm"})", 400, "invalid", "/tier must be one of", "/tier"},
  {"POST", snapshots, R"({"version":"v","repeats":1001})", 400, "invalid", "/repeats must be at most", "/repeats"},
  {"POST", snapshots, R"({"version":"v","repeats":1.5})", 400, "invalid", "/repeats must be an integer", "/repeats"},
  {"POST", snapshots, R"({"version":"v","wait":false})", 400, "invalid", "same as in the URL", "/wait"},
  {"POST", snapshots, std::string(100'000, '['), 400, "malformed", "not valid JSON", ""},
  {"PUT", put, R"({"version":"v3"})", 400, "invalid", "/version must be the same as in the URL", "/version"},
  {"PUT", put, R"({"metrics":{"a":{"value":NaN,"direction":"lower"}}})", 400, "malformed", "JSON", ""},
  {"PUT", put, R"({"metrics":{"a":{"value":1e999,"direction":"lower"}}})", 400, "invalid", "finite",
   "/metrics/a/value"},
  {"PUT", put, R"({"metrics":{"a":{"value":"1","direction":"lower"}}})", 400, "invalid", "number", "/metrics/a/value"},
  {"PUT", put, R"({"metrics":{"a/b":{"direction":"lower"}}})", 400, "invalid", "required", "/metrics/a~1b/value"},
  {"PUT", put, R"({"metrics":{"a":{"value":1,"direction":"lower"},"a":{"value":1,"direction":"lower"}}})", 400,
   "invalid", "given twice", "/metrics/a"},
  {"PUT", put, R"({"captured_at":"yesterday"})", 400, "invalid", "ISO-8601", "/captured_at"},
  {"PUT", put, R"({"git_sha":")" + std::string(65, 'f') + "\"}", 400, "invalid", "longer than 64", "/git_sha"},
  {"POST", "/api/v1/models/m/observations", R"({"id":"n","observations":[{}]})", 400, "invalid", "same as in the URL",
   "/id"},
  {"POST", "/api/v1/models/m/observations", R"({"observations":[]})", 400, "invalid", "required", "/observations"},
  {"POST", "/api/v1/models/m/observations", R"({"observations":[{},{"accuracy":2}]})", 400, "invalid", "at most 1",
   "/observations/1/accuracy"},
  {"POST", "/api/v1/world-model/stats", R"({"recorded":-1,"flushed":0,"corrections":0,"hivemind_queries":0})", 400,
   "invalid", "out of range", "/recorded"},
  {"POST", "/api/v1/benchmarks", R"({"name":"a b","command":["x"]})", 400, "invalid", "/name must start", "/name"},
  {"POST", "/api/v1/benchmarks", R"({"name":"a","command":[]})", 400, "invalid", "/command is required", "/command"},
  // Errors of the services.
  {"POST", snapshots, R"({"version":"busy"})", 409, "busy", "version busy is being captured", ""},
  {"GET", "/api/v1/snapshots/gone", "", 404, "not_found", "there is no gone", ""},
  {"DELETE", "/api/v1/benchmarks/broken", "", 507, "storage_failed", "the disk is full", ""},
};

TEST(api, every_wrong_request_gets_a_problem_that_names_the_fault) {
  fake_node node{open_to_all};
  for (const auto& bad : bad_cases) {
    SCOPED_TRACE(bad.verb + " " + bad.path + " " + bad.body.substr(0, 200));
    auto answer = node.request(bad.verb, bad.path, bad.body);
    EXPECT_EQ(answer.status, bad.status);
    auto problem = problem_of(answer);
    EXPECT_EQ(text(problem->getCode()), bad.code);
    EXPECT_THAT(text(problem->getDetail()), HasSubstr(bad.detail));
    EXPECT_EQ(text(problem->getPointer()), bad.pointer);
  }
}

TEST(api, bodies_must_be_json_by_their_content_type) {
  fake_node node;
  const std::string body = R"({"version":"v"})";
  for (const char* type :
       {"application/json", "Application/JSON ; charset=UTF-8", "application/json;", "application/json; charset=utf8",
        "application/json; CHARSET=\"Utf-8\"", "application/json; profile=x; charset=utf-8"})
    EXPECT_EQ(node.request("POST", snapshots, body, {std::string{"Content-Type: "} + type}).status, 201) << type;
  for (const char* type : {"text/plain", "application/jsonx", "application/json; charset=latin1",
                           "application/json; profile=x; charset=latin1", ""}) {
    auto answer = node.request("POST", snapshots, body, {std::string{"Content-Type: "} + type});
    EXPECT_EQ(answer.status, 415) << type;
    EXPECT_EQ(text(problem_of(answer)->getCode()), "unsupported");
  }
}

TEST(api, a_get_with_a_body_is_refused) {
  fake_node node;
  auto answer = node.request("GET", "/api/v1/results/latest", "{}");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(text(problem_of(answer)->getDetail()), HasSubstr("GET takes no body"));
}

TEST(api, a_node_that_is_not_ready_is_alive_and_says_what_it_waits_for) {
  fake_node node;
  node.not_ready = "the store is recovering";
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
  auto answer = node.request("GET", "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(text(problem_of(answer)->getDetail()), HasSubstr("the store is recovering"));
  auto status = node.request("GET", "/api/v1/status");
  EXPECT_EQ(status.status, 200);
  EXPECT_THAT(status.body, HasSubstr(R"("ready":false,"not_ready":"the store is recovering")"));
}

TEST(api, a_large_snapshot_comes_back_as_it_went) {
  fake_node node;
  std::string metrics;
  for (int i = 0; i < 20'000; ++i)
    metrics +=
      (i ? ",\"m" : "\"m") + std::to_string(i) + R"(":{"value":)" + std::to_string(i) + R"(,"direction":"lower"})";
  auto answer = node.request("PUT", put, R"({"version":"v2","metrics":{)" + metrics + "}}");
  ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 500);
  auto back = from_json<wire::Snapshot>(answer.body);
  ASSERT_TRUE(back);
  ASSERT_EQ((*back)->getMetrics().size(), 20'000u);
  EXPECT_EQ((*back)->getMetrics()[19'999].getValue(), 19'999.0);
}

// -- who may ask what ----------------------------------------------------------

TEST(api, what_names_a_command_or_deletes_needs_role_operate_and_the_rest_does_not) {
  auto routes =
    api_routes({node_routes({}), benchmark_routes({}), worker_routes({}, {}), input_routes({}), task_routes({}),
                namespace_routes({}), hive_routes({}, {}), research_routes({}), otlp_routes({}, {})},
               {});
  std::set<std::string> operate;
  for (const auto& route : routes) {
    auto name = std::string{to_string(route.verb)} + " " + route.path;
    if (route.access == role::operate)
      operate.insert(name);
    bool names_program = false;
    if (route.question)
      for (auto field : route.question->getFields())
        for (std::string_view part : {"command", "Command", "repo", "workdir", "environment"})
          names_program |= std::string_view{field.getProto().getName().cStr()}.find(part) != std::string_view::npos;
    auto due = route.verb == method::get ? role::read : role::record;
    if (names_program || route.verb == method::delete_)
      due = role::operate;
    if (name == "POST /api/v1/benchmarks/workers") // decides what counts as measured, as a command does
      due = role::operate;
    if (name == "POST /api/v1/hive/vouch") // others rely on what it ends
      due = role::operate;
    if (name == "POST /api/v1/hive/revocations") // ends links and engines
      due = role::operate;
    if (name == "GET /api/v1/benchmarks/work") // takes what it reads from others
      due = role::record;
    EXPECT_TRUE(route.access == due || (due == role::read && route.access == role::anyone))
      << name << " needs " << to_string(route.access) << ", and should need " << to_string(due);
  }
  EXPECT_THAT(operate, testing::IsSupersetOf({"POST /api/v1/benchmarks", "DELETE /api/v1/benchmarks/{name}",
                                              "DELETE /api/v1/tools/delta/{origin}"}));
}

TEST(api, spans_are_taken_at_the_root_with_role_record) {
  auto routes = otlp_routes({}, {});
  ASSERT_EQ(routes.size(), 1u);
  EXPECT_EQ(routes[0].path, "/v1/traces");
  EXPECT_EQ(routes[0].verb, method::post);
  EXPECT_EQ(routes[0].access, role::record);
  EXPECT_TRUE(routes[0].takes_gzip);
}

TEST(api, nothing_that_needs_role_operate_is_done_without_a_token) {
  fake_node node;
  for (const auto& good : good_cases) {
    bool operates =
      good.verb == "DELETE" ||
      (good.verb == "POST" && (good.route == "/api/v1/benchmarks" || good.route.starts_with("/api/v1/upgrades/"))) ||
      (good.verb == "PUT" && good.route == "/api/v1/tracks/{track}/reference");
    auto answer = node.request(good.verb, good.path, good.body);
    EXPECT_EQ(answer.status, operates ? 403 : good.status) << good.verb << " " << good.path;
    if (operates) {
      EXPECT_EQ(text(problem_of(answer)->getCode()), "forbidden");
    }
  }
}

// -- the document against the server -------------------------------------------

using json = capnp::JsonValue::Reader;

/// The value of an object's member, or nothing.
std::optional<json> member(json object, std::string_view name) {
  for (auto field : object.getObject())
    if (text(field.getName()) == name)
      return field.getValue();
  return std::nullopt;
}

/// The part of the document that a local reference such as #/components/schemas/Snapshot refers to.
json follow(json document, json value) {
  auto reference = member(value, "$ref");
  if (!reference)
    return value;
  auto path = text(reference->getString()).substr(2);
  json at = document;
  for (size_t slash = 0; slash != path.npos;) {
    slash = path.find('/');
    at = *member(at, path.substr(0, slash));
    path.erase(0, slash == path.npos ? slash : slash + 1);
  }
  return at;
}

/// Checks that the schema describes every member of `value`, and that every required member is there, in all nested
/// objects.
void expect_described(json document, json schema, json value, const std::string& place) {
  schema = follow(document, schema);
  if (value.isArray()) {
    for (auto element : value.getArray())
      expect_described(document, *member(schema, "items"), element, place + "[]");
    return;
  }
  if (!value.isObject())
    return;
  auto properties = member(schema, "properties");
  auto others = member(schema, "additionalProperties");
  for (auto field : value.getObject()) {
    auto name = text(field.getName());
    auto described = properties ? member(*properties, name) : others;
    if (described)
      expect_described(document, *described, field.getValue(), place + "/" + name);
    else
      ADD_FAILURE() << place << "/" << name << " is not in the document";
  }
  if (auto required = member(schema, "required")) {
    for (auto name : required->getArray()) {
      EXPECT_TRUE(member(value, text(name.getString()))) << place << "/" << text(name.getString()) << " is missing";
    }
  }
}

class parsed {
public:
  explicit parsed(const std::string& from) {
    capnp::JsonCodec codec;
    codec.decodeRaw(kj::arrayPtr(from.data(), from.size()), scratch_.initRoot<capnp::JsonValue>());
  }

  json root() {
    return scratch_.getRoot<capnp::JsonValue>().asReader();
  }

private:
  capnp::MallocMessageBuilder scratch_;
};

TEST(api, every_documented_route_answers_as_documented) {
  fake_node node{open_to_all};
  parsed document{node.request("GET", "/openapi.json").body};
  auto paths = *member(document.root(), "paths");
  std::set<std::string> documented, tried;
  for (auto path : paths.getObject())
    for (auto operation : path.getValue().getObject())
      documented.insert(text(operation.getName()) + " " + text(path.getName()));
  for (const auto& good : good_cases) {
    SCOPED_TRACE(good.verb + " " + good.path);
    auto verb = good.verb;
    std::transform(verb.begin(), verb.end(), verb.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    tried.insert(verb + " " + good.route);
    auto path = member(paths, good.route);
    ASSERT_TRUE(path);
    auto operation = member(*path, verb);
    ASSERT_TRUE(operation);
    auto response = member(*member(*operation, "responses"), std::to_string(good.status));
    ASSERT_TRUE(response);
    auto media = (*member(*response, "content")).getObject()[0];
    auto answer = node.request(good.verb, good.path, good.body);
    EXPECT_EQ(answer.content_type.find(text(media.getName())), 0u);
    EXPECT_EQ(!answer.location.empty(), member(*response, "headers").has_value());
    if (good.route == "/metrics" || good.route == "/openapi.json")
      continue;
    parsed body{answer.body};
    expect_described(document.root(), *member(media.getValue(), "schema"), body.root(), "");
  }
  EXPECT_EQ(tried, documented);
}

TEST(api, problems_are_as_documented) {
  fake_node node;
  parsed document{node.request("GET", "/openapi.json").body};
  parsed body{node.request("GET", "/nowhere").body};
  auto schemas = *member(*member(document.root(), "components"), "schemas");
  expect_described(document.root(), *member(schemas, "Problem"), body.root(), "");
}

} // namespace
} // namespace hive::http
