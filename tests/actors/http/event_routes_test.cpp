#include "actors/http/event_routes.hpp"

#include "actors/events/events.hpp"
#include "messages/text.hpp"
#include "tests/actors/http/fake_node.hpp"
#include "tests/support/wait_until.hpp"

#include <gmock/gmock.h>
#include <prometheus/gauge.h>

namespace hive::http {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A server with the event routes, and a log of events behind it.
class event_node {
public:
  explicit event_node(event_stream_options options = {}, server_options server = {}, size_t kept = 100)
      : node_{std::move(server), [&](const fake_services& services) {
                log_ = spawn_events(services.registry.home_system(), {.epoch = 1, .kept = kept});
                return event_routes(log_, metrics_, options);
              }} {
  }

  ~event_node() {
    end_log();
  }

  void end_log() {
    caf::anon_send_exit(log_, caf::exit_reason::kill);
  }

  /// Adds an event: a capture of this version has begun; `reason` pads it.
  void happen(const std::string& version, const std::string& reason = {}) {
    caf::anon_send(log_, msg<wire::Event>::build([&](wire::Event::Builder out) {
                     out.setKind(wire::EventKind::CAPTURE);
                     out.initCapture().setVersion(version);
                     out.getCapture().setReason(reason);
                   }));
  }

  void judge() {
    caf::anon_send(log_, msg<wire::Event>::build([&](wire::Event::Builder out) {
                     out.setKind(wire::EventKind::VERDICT);
                     out.initVerdict();
                   }));
  }

  double open_streams() {
    for (const auto& family : metrics_.Collect())
      if (family.name == "hive_event_streams")
        return family.metric.at(0).gauge.value;
    return -1;
  }

  fake_node& server() {
    return node_;
  }

private:
  prometheus::Registry metrics_;
  events_actor log_;
  fake_node node_;
};

/// A client that has requested an event stream.
struct follower : raw_connection {
  explicit follower(event_node& node, const std::string& query = {}, const std::string& headers = {})
      : raw_connection{node.server().port()} {
    send("GET /api/v1/events" + query + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
};

/// Waits until the follower has its position, so that it receives all events from now on.
follower& placed(follower& client) {
  EXPECT_THAT(client.read_until("still here\nid: 100000000"), HasSubstr("200 OK"));
  return client;
}

TEST(event_routes, a_stream_tells_what_happens_as_it_happens) {
  event_node node;
  follower client{node};
  auto head = client.read_until("\nid: 1000000000\n");
  EXPECT_THAT(head, AllOf(HasSubstr("HTTP/1.1 200 OK"), HasSubstr("Content-Type: text/event-stream"),
                          HasSubstr("Cache-Control: no-store"), HasSubstr("retry: 1000\n\n")));
  node.happen("v1");
  auto first = client.read_until("}\n\n");
  EXPECT_THAT(first, HasSubstr("id: 1000000001\nevent: capture\ndata: {\"id\":1000000001,\"time\":\""));
  EXPECT_THAT(first, HasSubstr(R"("kind":"capture","capture":{"version":"v1","capture_id":0,"step":"started")"));
  node.happen("line\nbreak");
  EXPECT_THAT(client.read_until("}\n\n"), AllOf(HasSubstr("id: 1000000002\n"), HasSubstr(R"(line\nbreak)")));
}

TEST(event_routes, http_1_0_gets_the_stream_as_it_is) {
  event_node node;
  raw_connection client{node.server().port()};
  client.send("GET /api/v1/events HTTP/1.0\r\n\r\n");
  auto head = client.read_until("\nid: 1000000000\n");
  EXPECT_THAT(
    head, AllOf(HasSubstr("Connection: close\r\n"), Not(HasSubstr("chunked")), HasSubstr("\r\n\r\nretry: 1000\n\n")));
  node.server().stop();
  EXPECT_THAT(client.read_all(), Not(HasSubstr("0\r\n"))) << "it ends with its connection";
}

TEST(event_routes, head_of_a_stream_ends) {
  event_node node;
  raw_connection client{node.server().port()};
  client.send("HEAD /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(client.read_all(), AllOf(HasSubstr("200 OK"), HasSubstr("text/event-stream"),
                                       testing::EndsWith("\r\n\r\n"), Not(HasSubstr("retry"))));
  EXPECT_TRUE(wait_until([&] { return node.open_streams() == 0; }));
}

TEST(event_routes, who_comes_back_goes_on_behind_the_last_event_it_knows) {
  event_node node;
  for (auto version : {"v1", "v2", "v3"})
    node.happen(version);
  EXPECT_THAT(follower(node, "?since=0").read_until("v3"), AllOf(HasSubstr("v1"), HasSubstr("v2")));
  EXPECT_THAT(follower(node, "?since=1000000001").read_until("v3"), AllOf(Not(HasSubstr("v1")), HasSubstr("v2")));
  EXPECT_THAT(follower(node, "?since=0", "Last-Event-ID: 1000000002\r\n").read_until("v3"), Not(HasSubstr("v2")))
    << "the header is newer than the query of the first request";
}

TEST(event_routes, only_the_kinds_asked_for_are_told) {
  event_node node;
  node.happen("v1");
  node.judge();
  node.happen("v2");
  EXPECT_THAT(follower(node, "?since=0&kind=verdict,membership").read_until("}\n\n"),
              AllOf(HasSubstr("event: verdict"), Not(HasSubstr("v1"))));
  EXPECT_THAT(follower(node, "?since=0&kind=capture").read_until("v2"), Not(HasSubstr("event: verdict")));
}

TEST(event_routes, kinds_may_be_given_one_by_one) {
  event_node node;
  node.happen("v1");
  node.judge();
  EXPECT_THAT(follower(node, "?since=0&kind=verdict&kind=capture").read_until("event: verdict"), HasSubstr("v1"));
}

TEST(event_routes, what_is_no_longer_kept_is_told_as_missed) {
  event_node node{{}, {}, 3};
  for (int i = 1; i <= 10; ++i)
    node.happen("v" + std::to_string(i));
  EXPECT_THAT(follower(node, "?since=1000000002").read_until("v10"),
              AllOf(HasSubstr("id: 1000000007\nevent: missed\n"), HasSubstr(R"("missed":{"count":5})"), HasSubstr("v8"),
                    Not(HasSubstr("\"v7\""))));
}

TEST(event_routes, a_question_that_makes_no_sense_is_answered_with_a_problem) {
  event_node node;
  auto expect_refused = [&](const std::string& query, std::vector<std::string> headers, const char* named) {
    auto answer = node.server().request("GET", "/api/v1/events" + query, {}, std::move(headers));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_THAT(std::string{as_view(problem_of(answer)->getDetail())}, HasSubstr(named));
  };
  expect_refused("?since=x", {}, "since");
  expect_refused("?since=-2", {}, "since");
  expect_refused("?since=99999999999999999999", {}, "since");
  expect_refused("?kind=weather", {}, "kind");
  expect_refused("?knd=capture", {}, "knd");
  expect_refused("", {"Last-Event-ID: 12a"}, "12a");
  expect_refused("", {"Last-Event-ID: -1"}, "-1");
  EXPECT_EQ(node.server().request("POST", "/api/v1/events").status, 405);
}

TEST(event_routes, tokens_are_asked_for) {
  event_node node{{}, {.tokens = {access_token{}}}};
  EXPECT_EQ(node.server().request("GET", "/api/v1/events").status, 401);
}

TEST(event_routes, a_silent_stream_says_that_it_lives_and_how_far_it_is) {
  event_node node{{.keep_alive = 10ms}};
  follower client{node, "?kind=verdict"};
  client.read_until("still here\nid: 1000000000\n");
  node.happen("v1");
  EXPECT_THAT(client.read_until("still here\nid: 1000000001\n"), Not(HasSubstr("v1")));
}

TEST(event_routes, streams_above_the_limit_are_refused_until_a_client_goes) {
  event_node node{{.max_streams = 2, .keep_alive = 10ms}};
  auto first = std::make_unique<follower>(node);
  follower second{node};
  placed(*first);
  placed(second);
  EXPECT_EQ(node.open_streams(), 2);
  auto refused = follower{node}.read_until("}");
  EXPECT_THAT(refused, AllOf(HasSubstr("HTTP/1.1 429 Too Many Requests"), HasSubstr("Retry-After: 1\r\n"),
                             HasSubstr(R"("code":"overloaded")")));
  first.reset();
  EXPECT_TRUE(wait_until([&] { return node.open_streams() == 1; })) << "a client that went keeps its place";
  follower third{node};
  placed(third);
  EXPECT_EQ(node.open_streams(), 2);
  node.happen("v1");
  second.read_until("v1");
  third.read_until("v1");
}

TEST(event_routes, many_clients_that_come_and_go_leave_nothing_behind) {
  event_node node{{.keep_alive = 5ms}}; // more streams than clients, because some have left before their request is
                                        // looked at
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<follower>> clients;
    for (int i = 0; i < 8; ++i)
      clients.push_back(std::make_unique<follower>(node, i % 2 == 0 ? "?since=0" : ""));
    node.happen("v" + std::to_string(round));
    if (round % 2 == 0)
      clients[0]->read_until("id: ");
    clients.clear();
    ASSERT_TRUE(wait_until([&] { return node.open_streams() == 0; })) << "round " << round;
  }
}

TEST(event_routes, a_client_that_reads_nothing_holds_up_nobody_and_later_learns_what_it_missed) {
  event_node node{{}, {}, 10};
  follower slow{node};
  follower other{node};
  placed(slow);
  placed(other);
  const std::string large(60'000, 'x');
  size_t told = 0;
  for (; told < 2'000; ++told) { // 120 MB, far more than the buffers between server and client hold
    auto version = "v" + std::to_string(told);
    node.happen(version, large);
    ASSERT_THAT(other.read_until("\"" + version + "\""), HasSubstr(version));
  }
  node.happen("last");
  auto got = slow.read_until("\"last\"");
  EXPECT_THAT(got, HasSubstr("event: missed"));
  EXPECT_LT(got.size(), told * large.size() / 2) << "what it did not read was not kept for it";
}

TEST(event_routes, a_server_that_stops_ends_its_streams) {
  event_node node{{}, {.drain_timeout = 300ms}, 10}; // which the stuck stream uses up
  follower client{node};
  placed(client);
  follower stuck{node};
  placed(stuck);
  const std::string large(60'000, 'x');
  for (int i = 0; i < 300; ++i) {
    node.happen("v" + std::to_string(i), large);
    client.read_until("\"v" + std::to_string(i) + "\"");
  }
  node.server().stop();
  EXPECT_THAT(client.read_all(), testing::EndsWith("0\r\n\r\n")) << "a clean end, not a broken connection";
  EXPECT_TRUE(wait_until([&] { return node.open_streams() == 0; }));
}

TEST(event_routes, a_server_that_is_killed_lets_go_of_its_streams) {
  event_node node;
  follower client{node};
  placed(client);
  node.server().stop(caf::exit_reason::kill);
  client.read_all();
  EXPECT_TRUE(wait_until([&] { return node.open_streams() == 0; }));
}

TEST(event_routes, streams_end_with_what_they_tell_of) {
  event_node node;
  follower client{node};
  placed(client);
  node.end_log();
  EXPECT_THAT(client.read_all(), testing::EndsWith("0\r\n\r\n"));
  EXPECT_TRUE(wait_until([&] { return node.open_streams() == 0; }));
}

} // namespace
} // namespace hive::http
