#include "actors/http/bounds.hpp"
#include "actors/http/listener.hpp"
#include "actors/http/server.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"
#include "tests/actors/http/fake_node.hpp"
#include "tests/support/wait_until.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <future>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

namespace hive::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string text(capnp::Text::Reader from) {
  return {from.begin(), from.size()};
}

const std::string held = R"({"version":"held"})";

std::future<incoming_response> request_later(fake_node& node, const std::string& body = held) {
  return std::async(std::launch::async, [&node, body] { return node.request("POST", "/api/v1/snapshots", body); });
}

// -- starting -----------------------------------------------------------------

TEST(server, a_port_in_use_stops_the_start_and_is_named) {
  fake_node first;
  server_options taken;
  taken.port = first.port();
  fake_node second{taken};
  ASSERT_FALSE(second.is_running());
  EXPECT_EQ(code_of(second.why_not()), ec::unavailable);
  EXPECT_THAT(text_of(second.why_not()), HasSubstr("127.0.0.1:" + std::to_string(first.port())));
  EXPECT_EQ(first.request("GET", "/healthz").status, 200);
}

TEST(server, wrong_options_stop_the_start_and_are_named) {
  auto expect_refused = [](server_options options, ec code, const char* named) {
    fake_node node{std::move(options)};
    ASSERT_FALSE(node.is_running()) << named;
    EXPECT_EQ(code_of(node.why_not()), code) << named;
    EXPECT_THAT(text_of(node.why_not()), HasSubstr(named));
  };
  expect_refused({.address = "no.such.host"}, ec::invalid, "no.such.host");
  expect_refused({.address = ""}, ec::invalid, "neither an IP address");
  expect_refused({.address = "203.0.113.7", .tokens = {{}}, .insecure = true}, ec::unavailable, "203.0.113.7:0");
  expect_refused({.max_body_bytes = 0}, ec::invalid, "max_body_bytes");
  expect_refused({.max_in_flight = 0}, ec::invalid, "max_in_flight");
  expect_refused({.max_body_bytes = 2, .max_body_bytes_in_flight = 1}, ec::invalid, "max_body_bytes_in_flight");
  expect_refused({.max_answer_bytes_in_flight = 0}, ec::invalid, "max_answer_bytes_in_flight");
  expect_refused({.max_connections = 0}, ec::invalid, "max_connections");
  expect_refused({.hosts = {"node7:7420"}}, ec::invalid, "node7:7420");
  expect_refused({.read_timeout = 0ms}, ec::invalid, "read_timeout");
  expect_refused({.drain_timeout = -1ms}, ec::invalid, "drain_timeout");
}

TEST(server, other_machines_are_served_only_with_tokens_and_consent) {
  for (const char* address : {"0.0.0.0", "::"}) {
    EXPECT_FALSE(fake_node({.address = address}).is_running());
    EXPECT_FALSE(fake_node({.address = address, .insecure = true}).is_running());
    EXPECT_FALSE(fake_node({.address = address, .tokens = {{}}}).is_running());
  }
  EXPECT_TRUE(fake_node({.address = "0.0.0.0", .tokens = {{}}, .insecure = true}).is_running());
  EXPECT_TRUE(fake_node({.address = "localhost"}).is_running());
}

TEST(server, endpoints_are_written_as_people_write_them) {
  EXPECT_EQ((server_options{.address = "::1", .port = 80}.endpoint()), "[::1]:80");
  EXPECT_EQ((server_options{.address = "127.0.0.1", .port = 80}.endpoint()), "127.0.0.1:80");
}

// -- tokens -------------------------------------------------------------------

access_token token(const char* role_name, const char* sha256) {
  return *make_access_token(role_name, role_name, sha256);
}

/// SHA-256 of `reader`, `recorder` and `operator`.
std::vector<access_token> tokens() {
  return {token("read", "3d0941964aa3ebdcb00ccef58b1bb399f9f898465e9886d5aec7f31090a0fb30"),
          token("record", "93384247058b5e037a16c08536d5a3b3c20453cda6571c7e016942f9f93b274f"),
          token("operate", "06e55b633481f7bb072957eabcf110c972e86691c3cfedabe088024bffe42f23")};
}

TEST(server, tokens_decide_who_may_do_what) {
  fake_node node{{.tokens = tokens()}};
  struct access_case {
    const char* verb;
    const char* path;
    const char* body;
    int nobody, reader, recorder, operates;
  };
  const access_case cases[] = {
    {"GET", "/healthz", "", 200, 200, 200, 200},
    {"GET", "/readyz", "", 200, 200, 200, 200},
    {"GET", "/metrics", "", 401, 200, 200, 200},
    {"GET", "/api/v1/benchmarks", "", 401, 200, 200, 200},
    {"POST", "/api/v1/snapshots", R"({"version":"v"})", 401, 403, 201, 201},
    {"PUT", "/api/v1/snapshots/v", "{}", 401, 403, 200, 200},
    {"DELETE", "/api/v1/benchmarks/x", "", 401, 403, 403, 200},
    {"GET", "/api/v1/snapshots/v/captures", "", 401, 200, 200, 200},
    {"DELETE", "/api/v1/snapshots/v/captures/1?reason=r", "", 401, 403, 403, 200},
    {"POST", "/api/v1/benchmarks", R"({"name":"x","command":["y"]})", 401, 403, 403, 201},
  };
  for (const auto& c : cases) {
    auto status = [&](std::vector<std::string> headers) {
      headers.emplace_back("Content-Type: application/json");
      return node.request(c.verb, c.path, c.body, headers).status;
    };
    EXPECT_EQ(status({}), c.nobody) << c.path;
    EXPECT_EQ(status({"Authorization: Bearer wrong"}), c.nobody) << c.path;
    EXPECT_EQ(status({"Authorization: Basic cmVhZGVy"}), c.nobody) << c.path;
    EXPECT_EQ(status({"Authorization: Bearer reader"}), c.reader) << c.path;
    EXPECT_EQ(status({"Authorization: Bearer recorder"}), c.recorder) << c.path;
    EXPECT_EQ(status({"Authorization: Bearer operator"}), c.operates) << c.path;
  }
  auto refused = node.request("DELETE", "/api/v1/benchmarks/x", "", {"Authorization: Bearer reader"});
  EXPECT_THAT(text(problem_of(refused)->getDetail()), HasSubstr("role read"));
  EXPECT_EQ(text(problem_of(node.request("GET", "/metrics"))->getCode()), "unauthorized");
}

TEST(server, tokens_can_be_replaced_while_it_runs) {
  auto access = std::make_shared<authorizer>(tokens());
  fake_node node{{.tokens = tokens(), .access = access}};
  auto status = [&](const char* secret) {
    return node.request("GET", "/api/v1/benchmarks", "", {std::string{"Authorization: Bearer "} + secret}).status;
  };
  EXPECT_EQ(status("reader"), 200);
  access->replace_tokens({tokens().back()});
  EXPECT_EQ(status("reader"), 401);
  EXPECT_EQ(status("operator"), 200);
}

// -- sites --------------------------------------------------------------------

/// The status of the answer on this path to a request with these header fields.
int status_for(const fake_node& node, const std::string& path, const std::string& fields) {
  raw_connection client{node.port()};
  client.send("GET " + path + " HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n");
  auto answer = client.read_all();
  return answer.size() > 12 ? std::atoi(answer.c_str() + 9) : 0;
}

TEST(server, every_path_is_refused_to_other_sites) {
  fake_node node{{.hosts = {"node7.example"}}};
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/openapi.json", "/", "/nowhere", "/api/v1/snapshots",
                           "/api/v1/benchmarks?x=%"}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(status_for(node, path, "Host: attacker.example\r\n"), 421);
    EXPECT_EQ(status_for(node, path, "Host: localhost\r\nOrigin: http://attacker.example\r\n"), 403);
    EXPECT_EQ(status_for(node, path, "Host: localhost\r\norigin: null\r\n"), 403);
    EXPECT_EQ(status_for(node, "http://attacker.example" + std::string{path}, "Host: localhost\r\n"), 421);
    EXPECT_EQ(status_for(node, path, ""), 400);
    EXPECT_EQ(status_for(node, path, "Host: localhost\r\nHOST: localhost\r\n"), 400);
  }
  for (const char* fields : {"Host: localhost\r\n", "host: 127.0.0.1:1\r\n", "Host: node7.example\r\n",
                             "Host: node7.example\r\nOrigin: https://node7.example\r\n"})
    EXPECT_EQ(status_for(node, "/healthz", fields), 200) << fields;
}

// -- limits -------------------------------------------------------------------

TEST(server, a_body_over_the_limit_is_refused_with_its_size) {
  fake_node node{{.max_body_bytes = 1'000}};
  std::string fits = R"({"version":"v"})";
  fits.resize(1'000, ' ');
  EXPECT_EQ(node.request("POST", "/api/v1/snapshots", fits).status, 201);
  for (size_t size : {1'001, 4'000}) {
    auto answer = node.request("POST", "/api/v1/snapshots", std::string(size, 'x'));
    EXPECT_EQ(answer.status, 413);
    auto problem = problem_of(answer);
    EXPECT_EQ(text(problem->getCode()), "too_large");
    EXPECT_THAT(text(problem->getDetail()), HasSubstr("at most 1000"));
  }
}

TEST(server, a_body_far_over_the_limit_ends_the_connection_and_nothing_else) {
  fake_node node{{.max_body_bytes = 1'000}};
  raw_connection client{node.port()};
  client.send("POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" +
              std::string(100'000, 'x'));
  EXPECT_THAT(client.read_all(), Not(HasSubstr(" 201 ")));
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
}

TEST(server, requests_above_the_bound_are_told_to_come_back) {
  fake_node node{{.max_in_flight = 1}};
  auto first = request_later(node);
  node.services().hold->await_visitor();
  raw_connection client{node.port()};
  client.send("GET /api/v1/upgrades/check?old=a&new=b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto refused = client.read_until("}");
  EXPECT_THAT(refused, HasSubstr(" 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(refused, HasSubstr(R"("code":"overloaded")"));
  EXPECT_EQ(node.request("GET", "/healthz").status, 200) << "probes are answered all the same";
  node.services().hold->open();
  EXPECT_EQ(first.get().status, 201);
  EXPECT_EQ(node.request("GET", "/api/v1/upgrades/check?old=a&new=b").status, 200);
}

TEST(server, bodies_above_their_common_bound_are_told_to_come_back) {
  const std::string padding(600, ' ');
  fake_node node{{.max_body_bytes = 1'000, .max_body_bytes_in_flight = 1'000}};
  auto first = request_later(node, held + padding);
  node.services().hold->await_visitor();
  auto refused = node.request("POST", "/api/v1/snapshots", R"({"version":"v1"})" + padding);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.retry_after, std::chrono::seconds{1});
  EXPECT_EQ(text(problem_of(refused)->getCode()), "overloaded");
  EXPECT_EQ(node.request("GET", "/api/v1/upgrades/check?old=a&new=b").status, 200) << "a question has no body";
  node.services().hold->open();
  EXPECT_EQ(first.get().status, 201);
  EXPECT_TRUE(wait_until([&] { // until the server has released the first one
    return node.request("POST", "/api/v1/snapshots", R"({"version":"v1"})" + padding).status == 201;
  }));
}

/// The route of captures, with little patience.
fake_node::further_routes quick_route() {
  return [](const fake_services& services) {
    return std::vector{route::ask<wire::CaptureRequest, wire::Snapshot>(
      method::post, "/quick", services.registry, "A capture with little patience", {.timeout = 50ms})};
  };
}

std::string ask_quick(const std::string& version) {
  auto body = R"({"version":")" + version + "\"}";
  return "POST /quick HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(server, an_actor_that_does_not_answer_costs_its_requests_a_504) {
  fake_node node{{}, quick_route()};
  auto answer = node.request("POST", "/quick", R"({"version":"silent"})");
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(text(problem_of(answer)->getCode()), "outcome_unknown");
}

TEST(server, an_answer_that_comes_late_is_given_to_nobody) {
  fake_node node{{}, quick_route()};
  raw_connection client{node.port()};
  client.send(ask_quick("held"));
  EXPECT_THAT(client.read_until("outcome_unknown"), HasSubstr(" 504 "));
  node.services().hold->open();
  EXPECT_TRUE(wait_until([&] { // the registry has answered before it takes these
    return node.request("POST", "/api/v1/snapshots", R"({"version":"v1"})").status == 201;
  }));
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  auto rest = client.read_all();
  EXPECT_THAT(rest, HasSubstr(" 200 OK"));
  EXPECT_THAT(rest, Not(HasSubstr("held")));
}

TEST(server, an_actor_that_ends_before_it_answers_costs_its_requests_no_more_than_their_time) {
  fake_node node{{}, quick_route()};
  raw_connection client{node.port()};
  client.send(ask_quick("silent"));
  caf::anon_send_exit(node.services().registry, caf::exit_reason::kill);
  auto answer = client.read_until("}");
  EXPECT_TRUE(answer.find(" 504 ") != answer.npos || answer.find(" 503 ") != answer.npos) << answer;
}

TEST(server, many_requests_without_an_answer_each_get_a_504_and_others_their_answers) {
  fake_node node{{}, quick_route()};
  std::vector<std::unique_ptr<raw_connection>> silent, answered;
  for (int i = 0; i < 200; ++i) {
    silent.push_back(std::make_unique<raw_connection>(node.port()));
    silent.back()->send(ask_quick("silent"));
    answered.push_back(std::make_unique<raw_connection>(node.port()));
    answered.back()->send("GET /api/v1/snapshots/v1/previous HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  for (auto& each : silent)
    EXPECT_THAT(each->read_until("outcome_unknown"), HasSubstr(" 504 "));
  for (auto& each : answered)
    EXPECT_THAT(each->read_until("before-v1"), HasSubstr(" 200 OK"));
}

TEST(server, an_actor_that_has_ended_costs_its_requests_a_503) {
  fake_node node;
  caf::anon_send_exit(node.services().upgrades, caf::exit_reason::kill);
  node.client()->wait_for(node.services().upgrades);
  auto answer = node.request("GET", "/api/v1/upgrades/check?old=a&new=b");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(text(problem_of(answer)->getCode()), "unavailable");
}

TEST(server, a_handler_that_throws_costs_its_own_request_a_500) {
  auto routes = [](const fake_services&) {
    return std::vector{
      route::raw(method::get, "/throws", "Throws", "text/plain",
                 [](const exchange_ptr&) { throw std::runtime_error{"the cat sat on it"}; }),
      route::raw(method::get, "/throws/later", "Throws in the gateway", "text/plain", [](const exchange_ptr& incoming) {
        incoming->forward([](gateway_requests&, const exchange_ptr&) { throw std::runtime_error{"the dog too"}; });
      })};
  };
  fake_node node{{}, routes};
  auto answer = node.request("GET", "/throws");
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(text(problem_of(answer)->getDetail()), HasSubstr("the cat sat on it"));
  EXPECT_EQ(node.request("GET", "/throws/later").status, 500);
  EXPECT_EQ(node.request("GET", "/api/v1/benchmarks").status, 200);
}

TEST(server, an_exchange_that_is_dropped_is_answered_503) {
  auto routes = [](const fake_services&) {
    return std::vector{
      route::raw(method::get, "/dropped", "Forgets its requests", "text/plain", [](const exchange_ptr&) {})};
  };
  fake_node node{{}, routes};
  EXPECT_EQ(node.request("GET", "/dropped").status, 503);
}

TEST(server, one_that_stops_does_not_wait_for_what_may_never_happen) {
  std::promise<exchange_ptr> arrived;
  auto routes = [&](const fake_services&) {
    return std::vector{
      route::raw(method::get, "/work", "Waits for work", "text/plain", [&](const exchange_ptr& incoming) {
        arrived.set_value(incoming);
      }).with_long_wait()};
  };
  fake_node node{{.drain_timeout = std::chrono::hours{24}}, routes};
  auto answer = std::async(std::launch::async, [&] { return node.request("GET", "/work"); });
  auto held = arrived.get_future().get();
  node.stop();
  EXPECT_EQ(answer.get().status, 503);
}

// -- connections ----------------------------------------------------------------

TEST(server, one_connection_serves_many_requests_in_order) {
  fake_node node;
  raw_connection client{node.port()};
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += "GET /api/v1/snapshots?limit=" + std::to_string(i + 1) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  ASSERT_TRUE(client.send(all));
  std::string answers;
  while (answers.find("limit-50\"") == answers.npos)
    answers += client.read_until("limit-50\"");
  size_t at = 0;
  for (int i = 1; i <= 50; ++i) {
    at = answers.find("limit-" + std::to_string(i) + "\"", at);
    ASSERT_NE(at, answers.npos) << i;
  }
}

TEST(server, a_chunked_body_is_read) {
  fake_node node;
  raw_connection client{node.port()};
  client.send("POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ver\r\nc\r\nsion\":\"v77\"}\r\n0\r\n\r\n");
  EXPECT_THAT(client.read_until("v77"), HasSubstr("201 Created"));
}

TEST(server, a_path_with_dots_is_not_resolved) {
  fake_node node;
  raw_connection client{node.port()};
  client.send("GET /api/v1/snapshots/../benchmarks HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.read_until("}"), HasSubstr("404 Not Found"));
}

TEST(server, an_upgrade_is_answered_as_a_plain_request) {
  fake_node node;
  raw_connection client{node.port()};
  client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_THAT(client.read_all(), HasSubstr("200 OK"));
}

TEST(server, garbage_ends_its_connection_and_no_other) {
  fake_node node;
  const std::string long_line(100'000, 'a');
  for (const std::string& garbage :
       {std::string{"\0\0\0\0\r\n\r\n", 8}, std::string{"GET\r\n\r\n"}, "GET /" + long_line + " HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nX: " + long_line + "\r\n\r\n",
        std::string{"POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n"},
        std::string{"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"},
        std::string{"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"},
        std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}}) {
    raw_connection client{node.port()};
    client.send(garbage);
    EXPECT_THAT(client.read_all(), Not(HasSubstr(" 200 "))) << garbage.substr(0, 40);
  }
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
}

TEST(server, a_client_that_leaves_early_harms_nobody) {
  fake_node node;
  for (int i = 0; i < 20; ++i) {
    raw_connection client{node.port()};
    client.send("POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                "Content-Length: 15\r\n\r\n{\"version\":\"v\"}");
  }
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
}

TEST(server, many_clients_at_once_each_get_their_own_answer) {
  fake_node node;
  constexpr int clients = 8, requests = 100;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int c = 0; c < clients; ++c)
    threads.emplace_back([&, c] {
      for (int i = 0; i < requests; ++i) {
        auto version = "c" + std::to_string(c) + "-" + std::to_string(i);
        auto answer = i % 2 ? node.request("POST", "/api/v1/snapshots", "{\"version\":\"" + version + "\"}")
                            : node.request("GET", "/api/v1/snapshots/" + version);
        if (answer.body.find("\"version\":\"" + version + "\"") != answer.body.npos)
          ++right;
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(right, clients * requests);
  auto metrics = node.request("GET", "/metrics").body;
  EXPECT_THAT(metrics,
              HasSubstr(R"(hive_http_requests_total{method="POST",route="/api/v1/snapshots",status="201"} 400)"));
  EXPECT_THAT(metrics, HasSubstr(R"(hive_http_request_duration_seconds_count{method="GET",)"
                                 R"(route="/api/v1/snapshots/{version}"} 400)"));
  EXPECT_THAT(metrics, HasSubstr("hive_http_requests_in_flight 1"));
}

TEST(server, unknown_paths_share_one_metric) {
  fake_node node;
  node.request("GET", "/a");
  node.request("GET", "/b");
  auto metrics = node.request("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr(R"(hive_http_requests_total{method="other",route="other",status="404"} 2)"));
}

// -- stopping -------------------------------------------------------------------

bool accepts_connections(uint16_t port) {
  outgoing_request what;
  what.url = "http://127.0.0.1:" + std::to_string(port) + "/healthz";
  what.timeout = 60s;
  auto answer = fetch(what);
  return answer && answer->status == 200;
}

TEST(server, stopping_lets_requests_in_work_finish_and_accepts_no_more) {
  fake_node node{{.drain_timeout = 60s}};
  raw_connection idle{node.port()};
  auto running = request_later(node);
  node.services().hold->await_visitor();
  caf::anon_send_exit(node.gateway(), caf::exit_reason::user_shutdown);
  while (accepts_connections(node.port()))
    std::this_thread::yield();
  idle.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
  auto refused = idle.read_all();
  EXPECT_TRUE(refused.empty() || refused.find(" 503 ") != refused.npos) << refused;
  node.services().hold->open();
  EXPECT_EQ(running.get().status, 201);
  node.client()->wait_for(node.gateway());
  EXPECT_FALSE(accepts_connections(node.port()));
}

TEST(server, requests_that_outlast_the_stop_are_answered_503) {
  fake_node node{{.drain_timeout = 0ms}};
  auto running = request_later(node);
  node.services().hold->await_visitor();
  node.stop();
  auto answer = running.get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(text(problem_of(answer)->getCode()), "unavailable");
}

TEST(server, killing_the_gateway_stops_at_once) {
  fake_node node{{.drain_timeout = 60s}};
  auto running = request_later(node);
  node.services().hold->await_visitor();
  node.stop(caf::exit_reason::kill);
  EXPECT_EQ(running.get().status, 503);
  EXPECT_FALSE(accepts_connections(node.port()));
}

TEST(server, a_second_stop_does_not_wait) {
  fake_node node{{.drain_timeout = 60s}};
  auto running = request_later(node);
  node.services().hold->await_visitor();
  caf::anon_send_exit(node.gateway(), caf::exit_reason::user_shutdown);
  node.stop();
  EXPECT_EQ(running.get().status, 503);
}

TEST(server, a_socket_that_listens_no_more_ends_the_server) {
  fake_node node;
  sockaddr_in own{};
  for (int fd = 3; fd < 1'024; ++fd) { // shuts down the listening socket on the server's port
    socklen_t length = sizeof own;
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens &&
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &length) == 0 && ntohs(own.sin_port) == node.port())
      ::shutdown(fd, SHUT_RDWR);
  }
  node.client()->wait_for(node.gateway()); // the supervisor would start another one
}

TEST(server, a_stuck_thread_is_noticed_and_does_not_hold_up_its_owner) {
  test_system actors;
  auto hold = std::make_shared<valve>();
  route stuck;
  stuck.path = "/stuck";
  stuck.handle = [hold](const exchange_ptr& asked) {
    hold->pass();
    asked->answer({});
  };
  auto serving = listener::open({.port = 0}, {{stuck}, std::make_shared<prometheus::Registry>()});
  ASSERT_TRUE(serving) << text_of(serving.error());
  (*serving)->serve(caf::actor_cast<caf::actor>(actors.client()));
  EXPECT_TRUE((*serving)->is_alive());
  raw_connection open{(*serving)->port()};
  open.send("GET /stuck HTTP/1.1\r\nHost: localhost\r\n\r\n");
  hold->await_visitor();
  auto looks = 0u;
  while ((*serving)->is_alive())
    ASSERT_LT(++looks, 100u);
  EXPECT_GE(looks, defaults::http_watch_misses - 1);
  (*serving)->close(); // returns although the thread does not end
  std::weak_ptr<listener> left = *serving;
  serving->reset();
  EXPECT_FALSE(left.expired()) << "what the thread uses must outlive it";
  hold->open();
  EXPECT_TRUE(wait_until([&] { return left.expired(); })) << "a thread that comes back ends";
}

TEST(server, its_port_can_be_bound_again_at_once) {
  server_options same;
  {
    fake_node first;
    same.port = first.port();
    raw_connection open{first.port()};
    EXPECT_EQ(first.request("GET", "/healthz").status, 200);
    first.stop();
  }
  fake_node second{same};
  ASSERT_TRUE(second.is_running()) << text_of(second.why_not());
  EXPECT_EQ(second.request("GET", "/healthz").status, 200);
}

} // namespace
} // namespace hive::http
