#include "actors/http/connection.hpp"

#include "messages/json.hpp"
#include "tests/actors/http/fake_node.hpp"
#include "tests/bench/snapshots.hpp"
#include "tests/support/wait_until.hpp"

#include <atomic>
#include <gmock/gmock.h>

// What clients send over a real socket, and how the server answers.

namespace hive::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string probe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string last_probe = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// Everything that the server answers to these bytes before it closes.
std::string answer_to(const fake_node& node, const std::string& bytes) {
  raw_connection client{node.port()};
  client.send(bytes);
  return client.read_all();
}

size_t count(const std::string& text, const std::string& what) {
  size_t out = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + 1))
    ++out;
  return out;
}

/// The value of a gauge in /metrics.
double gauge(const fake_node& node, const std::string& name) {
  auto text = node.request("GET", "/metrics").body;
  auto at = text.find("\n" + name + " ");
  return at == text.npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

/// Whether nothing is open or in progress except this request.
bool is_quiet(const fake_node& node) {
  return gauge(node, "hive_http_connections") == 1 && gauge(node, "hive_http_requests_in_flight") == 1 &&
         gauge(node, "hive_http_body_bytes") == 0 && gauge(node, "hive_http_answer_bytes") == 0;
}

/// A route with an answer of this size.
fake_node::further_routes large_route(size_t bytes, bool takes_turns = false) {
  return [=](const fake_services&) {
    auto out = route::raw(method::get, "/large", "Large", "text/plain", [bytes](const exchange_ptr& to) {
      to->answer({200, "text/plain", std::string(bytes, 'x'), {}, {}});
    });
    return std::vector{takes_turns ? std::move(out).with_large_answers() : out};
  };
}

const std::string ask_large = "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";

// -- pipelining ---------------------------------------------------------------------

TEST(connection, requests_in_one_packet_are_all_answered_in_order) {
  fake_node node;
  auto got = answer_to(node, probe + "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" + probe + last_probe);
  EXPECT_EQ(count(got, "HTTP/1.1 200 OK"), 3u);
  EXPECT_LT(got.find("200 OK"), got.find("404 Not Found"));
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
}

TEST(connection, a_request_behind_a_slow_one_waits_for_its_answer) {
  fake_node node;
  raw_connection client{node.port()};
  const std::string body = R"({"version":"held"})";
  client.send(
    "POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
    std::to_string(body.size()) + "\r\n\r\n" + body + last_probe);
  node.services().hold->await_visitor();
  node.services().hold->open();
  auto got = client.read_all();
  EXPECT_LT(got.find("201 Created"), got.find("200 OK"));
  EXPECT_EQ(count(got, "HTTP/1.1 "), 2u);
}

TEST(connection, what_follows_a_request_and_is_none_is_answered_400_and_ends_the_connection) {
  fake_node node;
  EXPECT_THAT(answer_to(node, probe + "junk\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 200 OK"), HasSubstr("HTTP/1.1 400 Bad Request"),
                    HasSubstr("Connection: close"), HasSubstr(R"("code":"malformed")")));
  EXPECT_THAT(answer_to(node, probe + std::string{"\0", 1}), HasSubstr("HTTP/1.1 400 Bad Request"));
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); })) << "and everybody else is served";
}

TEST(connection, a_client_that_closes_its_half_is_answered) {
  fake_node node;
  raw_connection client{node.port()};
  client.send(probe + probe);
  client.close_half();
  EXPECT_EQ(count(client.read_all(), "200 OK"), 2u);
  raw_connection early{node.port()};
  early.send("GET /healthz HT");
  early.close_half();
  EXPECT_THAT(early.read_all(), HasSubstr("400 Bad Request"));
}

// -- HEAD and OPTIONS -----------------------------------------------------------------

TEST(connection, head_is_get_without_the_body_on_every_route) {
  fake_node node;
  for (const char* path :
       {"/healthz", "/readyz", "/openapi.json", "/api/v1/benchmarks", "/api/v1/snapshots", "/api/v1/snapshots/v1",
        "/api/v1/results/latest", "/api/v1/upgrades/check?old=a&new=b", "/api/v1/snapshots/gone", "/nowhere"}) {
    auto ask = [&](const char* verb) {
      return answer_to(node,
                       std::string{verb} + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    };
    auto get = ask("GET");
    auto head_of_get = get.substr(0, get.find("\r\n\r\n") + 4);
    auto without_date = [](std::string head) {
      auto at = head.find("Date: ");
      return head.erase(at, head.find("\r\n", at) - at);
    };
    EXPECT_EQ(without_date(ask("HEAD")), without_date(head_of_get)) << path;
    EXPECT_THAT(head_of_get, HasSubstr("Content-Length: " + std::to_string(get.size() - head_of_get.size())));
  }
}

TEST(connection, a_connection_goes_on_behind_head) {
  fake_node node;
  auto got = answer_to(node, "HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + last_probe);
  EXPECT_EQ(count(got, "HTTP/1.1 200 OK"), 2u);
  EXPECT_EQ(count(got, R"("status":"ok")"), 1u);
}

TEST(connection, options_names_the_methods) {
  fake_node node;
  auto ask = [&](const std::string& target) {
    return answer_to(node, "OPTIONS " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  };
  EXPECT_THAT(ask("/api/v1/snapshots"),
              AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), HasSubstr("Allow: GET, HEAD, POST, OPTIONS\r\n"),
                    Not(HasSubstr("Content-Length")), Not(HasSubstr("Content-Type"))));
  EXPECT_THAT(ask("*"), HasSubstr("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n"));
  EXPECT_THAT(ask("/nowhere"), HasSubstr("404 Not Found"));
  EXPECT_THAT(answer_to(node, "DELETE /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("405 Method Not Allowed"), HasSubstr("Allow: GET, HEAD, OPTIONS\r\n")));
}

// -- versions and targets ---------------------------------------------------------------

TEST(connection, http_1_0_is_answered_and_closed_unless_it_asks_for_more) {
  fake_node node;
  EXPECT_THAT(answer_to(node, "GET /healthz HTTP/1.0\r\n\r\n"),
              AllOf(HasSubstr("200 OK"), HasSubstr("Connection: close"), HasSubstr("Content-Length: ")));
  auto got = answer_to(node, "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(count(got, "200 OK"), 2u);
  EXPECT_THAT(got, HasSubstr("Connection: keep-alive"));
}

TEST(connection, absolute_targets_are_served) {
  fake_node node;
  EXPECT_THAT(answer_to(node, "GET http://localhost:7420/api/v1/snapshots?limit=7 HTTP/1.1\r\nHost: localhost:7420\r\n"
                              "Connection: close\r\n\r\n"),
              AllOf(HasSubstr("200 OK"), HasSubstr("limit-7")));
}

// -- what the server refuses by itself ----------------------------------------------------

TEST(connection, what_cannot_be_read_is_answered_with_a_problem_and_closed) {
  fake_node node;
  const std::pair<std::string, const char*> cases[] = {
    {"GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", "414 URI Too Long"},
    {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(9'000, 'a') + "\r\n\r\n",
     "431 Request Header Fields Too Large"},
    {"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", "501 Not Implemented"},
    {"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n", "505 HTTP Version Not Supported"},
    {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
     "400 Bad Request"},
    {"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
     "415 Unsupported Media Type"},
    {"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: wonders\r\nContent-Length: 3\r\n\r\nabc", "417 Expectation Failed"},
  };
  for (const auto& [bytes, status] : cases) {
    auto got = answer_to(node, bytes);
    EXPECT_THAT(got, StartsWith(std::string{"HTTP/1.1 "} + status)) << bytes.substr(0, 80);
    EXPECT_THAT(got, AllOf(HasSubstr("Content-Type: application/problem+json\r\n"), HasSubstr("Connection: close\r\n"),
                           EndsWith("}")));
    EXPECT_EQ(count(got, "\r\nDate: "), 1u) << "the rest is thrown away";
  }
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
}

TEST(connection, a_client_that_is_still_sending_sees_why_it_is_refused) {
  fake_node node{{.max_body_bytes = 1'000}};
  for (int round = 0; round < 20; ++round) {
    raw_connection client{node.port()};
    client.send("POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n\r\n" +
                std::string(2'000'000, 'x'));
    ASSERT_THAT(client.read_all(), StartsWith("HTTP/1.1 413 Content Too Large"));
  }
}

TEST(connection, a_client_that_is_too_slow_is_told_so) {
  fake_node node{{.read_timeout = 100ms}};
  EXPECT_THAT(answer_to(node, "GET /healthz HT"), StartsWith("HTTP/1.1 408 Request Timeout"));
  EXPECT_EQ(answer_to(node, ""), "") << "an idle one has asked nothing";
}

TEST(connection, a_body_is_asked_for_when_its_client_waits_for_that) {
  fake_node node;
  const std::string body = R"({"version":"v1"})";
  auto head = [&](const std::string& path, const std::string& version = "1.1") {
    return "POST " + path + " HTTP/" + version +
           "\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\n" +
           "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  };
  raw_connection client{node.port()};
  client.send(head("/api/v1/snapshots"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 201 Created"));
  raw_connection refused{node.port()};
  refused.send(head("/nowhere"));
  EXPECT_THAT(refused.read_all(), StartsWith("HTTP/1.1 404 Not Found")) << "a final status instead";
  raw_connection old{node.port()};
  old.send(head("/api/v1/snapshots", "1.0") + body);
  EXPECT_THAT(old.read_all(), StartsWith("HTTP/1.1 201 Created"));
}

TEST(connection, chunked_bodies_with_trailers_are_read_to_their_end) {
  fake_node node;
  auto got = answer_to(node, "POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                             "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"version\":\"v7\"}\r\n0\r\nX-Sum: 1\r\n\r\n" +
                               last_probe);
  EXPECT_THAT(got, AllOf(HasSubstr("201 Created"), HasSubstr("200 OK")));
}

// -- many connections ---------------------------------------------------------------------

TEST(connection, the_longest_idle_one_makes_room) {
  fake_node node{{.max_connections = 4}};
  std::vector<std::unique_ptr<raw_connection>> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(std::make_unique<raw_connection>(node.port()));
    idle.back()->send(probe);
    EXPECT_THAT(idle.back()->read_until("}"), HasSubstr("200 OK"));
  }
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
  EXPECT_EQ(idle[0]->read_all(), "");
  idle[3]->send(probe);
  EXPECT_THAT(idle[3]->read_until("}"), HasSubstr("200 OK")) << "the others stay";
}

TEST(connection, busy_ones_make_no_room_and_the_new_one_is_told_so) {
  fake_node node{{.max_connections = 1}};
  raw_connection busy{node.port()};
  const std::string body = R"({"version":"held"})";
  busy.send("POST /api/v1/snapshots HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
  node.services().hold->await_visitor();
  raw_connection next{node.port()};
  EXPECT_THAT(next.read_all(), AllOf(StartsWith("HTTP/1.1 503 Service Unavailable"), HasSubstr("Retry-After: 1")));
  node.services().hold->open();
  EXPECT_THAT(busy.read_until("}"), HasSubstr("201 Created"));
}

// -- large answers ------------------------------------------------------------------------

TEST(connection, large_answers_arrive_whole) {
  constexpr size_t size = 6'000'000;
  fake_node node{{}, large_route(size, true)};
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(node.request("GET", "/large").body.size(), size);
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
}

/// Clients that send requests without reading, until this many bytes of answers wait for them.
std::vector<std::unique_ptr<raw_connection>> fill_with_answers(fake_node& node, double bytes) {
  std::vector<std::unique_ptr<raw_connection>> out;
  while (out.size() < 100 && gauge(node, "hive_http_answer_bytes") < bytes) {
    out.push_back(std::make_unique<raw_connection>(node.port()));
    out.back()->send(ask_large);
    wait_until([&] { return gauge(node, "hive_http_requests_in_flight") > double(out.size()); }, 100ms);
  }
  return out;
}

TEST(connection, answers_that_nobody_reads_are_bounded_and_small_ones_go_on) {
  fake_node node{{.max_answer_bytes_in_flight = 20'000'000}, large_route(12'000'000)};
  auto slow = fill_with_answers(node, 20'000'000);
  auto refused = node.request("GET", "/large");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.retry_after, 1s);
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
  EXPECT_EQ(node.request("GET", "/api/v1/snapshots/v1").status, 200);
  slow.clear();
  EXPECT_TRUE(wait_until([&] { return node.request("GET", "/large").status == 200; }));
}

TEST(connection, questions_with_large_answers_wait_until_readers_that_take_nothing_are_cut) {
  fake_node node{{.max_answer_bytes_in_flight = 20'000'000, .pressed_write_timeout = 100ms},
                 large_route(12'000'000, true)};
  auto slow = fill_with_answers(node, 20'000'000);
  EXPECT_EQ(node.request("GET", "/large").status, 200);
}

TEST(connection, those_that_wait_for_large_answers_leave_connections_to_others) {
  fake_node node{{.max_answer_bytes_in_flight = 20'000'000, .max_connections = 16}, large_route(12'000'000, true)};
  auto slow = fill_with_answers(node, 20'000'000);
  std::vector<std::unique_ptr<raw_connection>> waiting;
  for (int i = 0; i < 40; ++i) {
    waiting.push_back(std::make_unique<raw_connection>(node.port()));
    waiting.back()->send(ask_large);
  }
  EXPECT_EQ(node.request("GET", "/healthz").status, 200);
  EXPECT_LE(gauge(node, "hive_http_requests_in_flight"), double(slow.size() + 16 / 4 + 1));
}

TEST(connection, a_reader_that_takes_nothing_is_cut_at_its_deadline) {
  fake_node node{{.write_timeout = 100ms}, large_route(12'000'000)};
  raw_connection slow{node.port()};
  slow.send(ask_large);
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
  EXPECT_LT(slow.read_all().size(), 12'000'000u);
}

/// Makes pieces of a megabyte, and counts them.
class megabytes final : public body_source {
public:
  megabytes(size_t count, std::atomic<size_t>& made) : count_{count}, made_{made} {
  }

  bool next(std::string& out) override {
    out.append(size_t{1} << 20, static_cast<char>('a' + made_ % 26));
    return ++made_ < count_;
  }

  size_t size() const override {
    return 1'000;
  }

private:
  const size_t count_;
  std::atomic<size_t>& made_;
};

/// A route whose answer begins with "first" and goes on in pieces.
fake_node::further_routes route_in_pieces(size_t megabyte_count, std::atomic<size_t>& made) {
  return [&made, megabyte_count](const fake_services&) {
    return std::vector{route::raw(method::get, "/pieces", "Pieces", "text/plain", [&, megabyte_count](auto to) {
      made = 0;
      to->answer({200, "text/plain", "first", {}, {}, std::make_shared<megabytes>(megabyte_count, made)});
    })};
  };
}

std::string ask_pieces(const std::string& version, const std::string& verb = "GET") {
  return verb + " /pieces HTTP/" + version + "\r\nHost: localhost\r\n\r\n";
}

TEST(connection, an_answer_in_pieces_arrives_whole_and_its_connection_goes_on) {
  std::atomic<size_t> made = 0;
  fake_node node{{}, route_in_pieces(5, made)};
  std::string whole = "first";
  for (char c : {'a', 'b', 'c', 'd', 'e'})
    whole.append(size_t{1} << 20, c);
  EXPECT_TRUE(node.request("GET", "/pieces").body == whole);
  auto got = answer_to(node, ask_pieces("1.1") + last_probe);
  EXPECT_THAT(got.substr(0, 300), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"),
                                        HasSubstr("\r\n\r\n5\r\nfirst\r\n100000\r\naaa")));
  EXPECT_EQ(count(got, "\r\n100000\r\n"), 5u);
  EXPECT_EQ(count(got, "e\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"), 1u);
  EXPECT_TRUE(wait_until([&] { return is_quiet(node); }));
}

TEST(connection, an_answer_in_pieces_ends_with_its_connection_for_http_1_0) {
  std::atomic<size_t> made = 0;
  fake_node node{{}, route_in_pieces(2, made)};
  auto got = answer_to(node, ask_pieces("1.0"));
  EXPECT_THAT(got.substr(0, 300),
              AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("chunked")), HasSubstr("\r\n\r\nfirstaaa")));
  EXPECT_TRUE(got.ends_with(std::string(size_t{1} << 20, 'b')));
}

TEST(connection, head_of_an_answer_in_pieces_makes_none) {
  std::atomic<size_t> made = 0;
  fake_node node{{}, route_in_pieces(2, made)};
  auto got = answer_to(node, ask_pieces("1.1", "HEAD") + last_probe);
  EXPECT_EQ(count(got, "HTTP/1.1 200 OK"), 2u);
  EXPECT_THAT(got, AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"), Not(HasSubstr("first"))));
  EXPECT_EQ(made, 0u);
}

TEST(connection, a_reader_that_takes_nothing_makes_no_pieces_and_is_cut_at_its_deadline) {
  constexpr size_t many = 1'000;
  std::atomic<size_t> made = 0;
  fake_node node{{.write_timeout = 200ms}, route_in_pieces(many, made)};
  raw_connection slow{node.port()};
  slow.send(ask_pieces("1.1"));
  EXPECT_TRUE(wait_until([&] { return made > 0 && is_quiet(node); }));
  EXPECT_LT(made, many / 10) << "no more than what the kernel holds for the client";
  EXPECT_THAT(slow.read_all(), Not(HasSubstr("\r\n0\r\n\r\n"))) << "it can see that the answer is not whole";
}

TEST(connection, large_json_is_sent_in_pieces_of_the_same_text) {
  auto large = make_snapshot("v1", 20'000);
  fake_node node{{}, [&](const fake_services&) {
                   return std::vector{route::reply<wire::Snapshot>(
                     "/snapshot", "Large", [large]() -> caf::expected<msg<wire::Snapshot>> { return large; })};
                 }};
  EXPECT_TRUE(node.request("GET", "/snapshot").body == to_json(large));
  auto got = answer_to(node, "GET /snapshot HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(got.substr(0, 300), HasSubstr("Transfer-Encoding: chunked\r\n"));
}

TEST(connection, head_of_a_large_answer_needs_no_room) {
  fake_node node{{.max_answer_bytes_in_flight = 20'000'000}, large_route(12'000'000)};
  auto slow = fill_with_answers(node, 20'000'000);
  EXPECT_THAT(answer_to(node, "HEAD /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
              AllOf(HasSubstr("200 OK"), HasSubstr("Content-Length: 12000000\r\n")));
}

} // namespace
} // namespace hive::http
