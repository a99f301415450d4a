#include "actors/http/request_parser.hpp"

#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <random>

namespace hive::http {
namespace {

using testing::HasSubstr;
using progress = request_parser::progress;

/// The result for bytes that arrive in pieces of this size.
struct outcome {
  progress last = progress::needs_more;
  size_t used = 0;
};

outcome feed(request_parser& parser, std::string_view bytes, size_t piece = SIZE_MAX) {
  outcome out;
  for (size_t arrived = 0; out.last != progress::complete && out.last != progress::refused;) {
    if (arrived == bytes.size() && out.last == progress::needs_more)
      break;
    arrived += std::min(piece, bytes.size() - arrived);
    do {
      size_t used = 0;
      out.last = parser.feed(bytes.substr(out.used, arrived - out.used), used);
      out.used += used;
    } while (out.last == progress::has_head);
  }
  return out;
}

int status_of(std::string_view bytes) {
  request_parser parser;
  return feed(parser, bytes).last == progress::refused ? parser.refusal().status : 0;
}

const std::string host = "Host: x\r\n";

TEST(request_parser, a_request_is_read_whole_however_it_arrives) {
  const std::string request = "PUT /a%20b?c=d HTTP/1.1\r\n" + host +
                              "Content-Type: text/plain\r\nAUTHORIZATION: Bearer t\r\nlast-event-id: 7\r\n"
                              "Origin: http://x\r\nContent-Length: 3\r\n\r\nabc";
  for (size_t piece = 1; piece <= request.size(); ++piece) {
    request_parser parser;
    auto read = feed(parser, request + "GET /next", piece);
    ASSERT_EQ(read.last, progress::complete) << piece;
    EXPECT_EQ(read.used, request.size()) << "the next request stays";
    auto& head = parser.head();
    EXPECT_EQ(head.method, "PUT");
    EXPECT_EQ(head.path, "/a%20b");
    EXPECT_EQ(head.query, "c=d");
    EXPECT_EQ(head.host, "x");
    EXPECT_EQ(head.content_type, "text/plain");
    EXPECT_EQ(head.authorization, "Bearer t");
    EXPECT_EQ(head.last_event_id, "7");
    EXPECT_EQ(head.origin, "http://x");
    EXPECT_EQ(parser.body(), "abc");
    EXPECT_TRUE(parser.keeps_alive());
  }
}

TEST(request_parser, chunked_bodies_are_read_and_their_trailers_change_nothing) {
  const std::string request = "POST / HTTP/1.1\r\n" + host +
                              "Transfer-Encoding: CHUNKED\r\n\r\n3;name=value\r\nabc\r\nA\r\n0123456789\r\n0\r\n"
                              "Authorization: Bearer late\r\nX-Sum: 1\r\n\r\n";
  for (size_t piece = 1; piece <= request.size(); ++piece) {
    request_parser parser;
    auto read = feed(parser, request + "x", piece);
    ASSERT_EQ(read.last, progress::complete) << piece;
    EXPECT_EQ(read.used, request.size());
    EXPECT_EQ(parser.body(), "abc0123456789");
    EXPECT_EQ(parser.head().authorization, "");
  }
}

TEST(request_parser, targets_are_read_in_all_their_forms) {
  auto expect = [](const std::string& target, const char* path, const char* query, const char* from) {
    request_parser parser;
    ASSERT_EQ(feed(parser, "GET " + target + " HTTP/1.1\r\n" + host + "\r\n").last, progress::complete) << target;
    EXPECT_EQ(parser.head().path, path) << target;
    EXPECT_EQ(parser.head().query, query) << target;
    EXPECT_EQ(parser.head().host, from) << target;
  };
  expect("/", "/", "", "x");
  expect("/a?b?c", "/a", "b?c", "x");
  expect("//a", "//a", "", "x");
  expect("http://y:80/a/b?c", "/a/b", "c", "y:80");
  expect("HTTP://y", "/", "", "y");
  expect("https://y?c", "/", "c", "y");
  expect("/http://y", "/http://y", "", "x");
  EXPECT_EQ(status_of("GET a HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(status_of("GET * HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(status_of("GET ftp://y/ HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(status_of("OPTIONS * HTTP/1.1\r\n" + host + "\r\n"), 0);
}

TEST(request_parser, what_is_no_request_is_refused_with_the_status_that_says_why) {
  auto get = [](const std::string& fields) { return "GET / HTTP/1.1\r\n" + host + fields + "\r\n"; };
  const std::string long_text(9'000, 'a');
  std::string many;
  for (int i = 0; i < 101; ++i)
    many += "X-" + std::to_string(i) + ": 1\r\n";
  const std::pair<std::string, int> cases[] = {
    {"GET /" + long_text + " HTTP/1.1\r\n" + host + "\r\n", 414},
    {"GET /" + long_text, 414}, // even before its line ends
    {get("X: " + long_text + "\r\n"), 431},
    {get(many), 431},
    {"GET / HTTP/1.1\r\nX: " + std::string(70'000, 'a'), 431},
    {"BREW / HTTP/1.1\r\n" + host + "\r\n", 501},
    {"CONNECT x:1 HTTP/1.1\r\n" + host + "\r\n", 501},
    {"TRACE / HTTP/1.1\r\n" + host + "\r\n", 501},
    {"GET / HTTP/2.0\r\n" + host + "\r\n", 505},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"GET / HTTP/1.2\r\n" + host + "\r\n", 505},
    {"GET / HTTQ/1.1\r\n" + host + "\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET / HTTP/1.1\n" + host + "\n", 400},
    {std::string{"\0\0\0\0", 4}, 400},
    {std::string{"\x16\x03\x01\x02", 4}, 400}, // TLS
    {get("X Y: 1\r\n"), 400},
    {get("X : 1\r\n"), 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {get("Host: y\r\n"), 400},
    {get("Content-Length: -1\r\n"), 400},
    {get("Content-Length: 1, 2\r\n"), 400},
    {get("Content-Length: 1\r\nContent-Length: 2\r\n"), 400},
    {get("Content-Length: 18446744073709551616\r\n"), 400},
    {get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
    {get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
    {get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
    {get("Transfer-Encoding: gzip, chunked\r\n"), 501},
    {get("Transfer-Encoding: gzip\r\n"), 501},
    {"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {get("Transfer-Encoding: chunked\r\n") + "x\r\n", 400},
    {get("Transfer-Encoding: chunked\r\n") + "1\r\nab\r\n0\r\n\r\n", 400},
    {get("Transfer-Encoding: chunked\r\n") + "0\r\nContent-Length: 3\r\n\r\n", 400},
    {get("Transfer-Encoding: chunked\r\n") + "0\r\nX: " + std::string(70'000, 'a'), 431},
    {get("Transfer-Encoding: chunked\r\n") + "1;" + std::string(70'000, 'a'), 431},
    {get("Expect: 200-ok\r\n"), 417},
    {get("Content-Encoding: br\r\nContent-Length: 1\r\n"), 415},
    {get("Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n"), 415},
    {get("Content-Encoding: GZIP\r\nContent-Length: 1\r\n") + "a", 0}, // its route decides
    {get("Content-Encoding: Identity\r\nContent-Length: 1\r\n") + "a", 0},
    {get("Content-Encoding: gzip\r\n"), 0}, // there is no content
    {get("Expect: 100-Continue\r\n"), 0},
    {"\r\n\r\nGET / HTTP/1.1\r\n" + host + "\r\n", 0},
    {"GET / HTTP/1.0\r\n\r\n", 0},
    {"PATCH / HTTP/1.1\r\n" + host + "\r\n", 0}, // a method that HTTP knows; the path decides that it is not allowed
  };
  for (const auto& [bytes, status] : cases)
    EXPECT_EQ(status_of(bytes), status) << bytes.substr(0, 100);
}

TEST(request_parser, bodies_without_an_announced_length_are_bounded) {
  const std::string head = "POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n";
  for (std::string chunks : {"5\r\nabcde\r\n", "4\r\nabcd\r\n1\r\ne\r\n", "ffffffffffffffff\r\n"}) {
    request_parser parser;
    size_t used = 0;
    ASSERT_EQ(parser.feed(head, used), progress::has_head);
    parser.limit_body(4);
    EXPECT_EQ(feed(parser, chunks).last, progress::refused) << chunks;
    EXPECT_EQ(parser.refusal().status, 413);
  }
}

TEST(request_parser, connections_are_kept_as_the_versions_of_http_have_it) {
  auto keeps = [](const std::string& version, const std::string& fields) {
    request_parser parser;
    feed(parser, "GET / HTTP/" + version + "\r\n" + host + fields + "\r\n");
    return parser.keeps_alive();
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: keep-alive\r\n"));
}

TEST(request_parser, random_bytes_end_in_an_answer_or_wait_for_more) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  const std::string request = "POST /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = request;
    for (size_t changes = 1 + random() % 4; changes > 0; --changes)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    request_parser parser;
    auto read = feed(parser, bytes, 1 + random() % bytes.size());
    ASSERT_LE(read.used, bytes.size());
    if (read.last == progress::refused) {
      ASSERT_GE(parser.refusal().status, 400);
    }
  }
}

} // namespace
} // namespace hive::http
