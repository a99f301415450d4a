#include "actors/http/site.hpp"

#include "messages/ec.hpp"

#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

const site loopback{"127.0.0.1", {}};

/// The status of the refusal, or 200.
int status(const site& node, const request_site& what) {
  auto refusal = node.refuse(what);
  return refusal ? refusal->status : 200;
}

int host_status(const site& node, std::string_view host) {
  return status(node, {.host = host, .hosts = 1});
}

int origin_status(const site& node, std::string_view host, std::string_view origin) {
  return status(node, {.host = host, .hosts = 1, .origin = origin, .origins = 1});
}

// -- authority -----------------------------------------------------------------

TEST(authority, one_host_has_one_spelling) {
  for (auto [text, host, is_address] :
       std::vector<std::tuple<std::string_view, std::string_view, bool>>{{"LocalHost", "localhost", false},
                                                                         {"localhost:7420", "localhost", false},
                                                                         {"localhost:", "localhost", false},
                                                                         {"127.0.0.1:0", "127.0.0.1", true},
                                                                         {"[::1]", "::1", true},
                                                                         {"[::1]:7420", "::1", true},
                                                                         {"[0:0:0:0:0:0:0:1]", "::1", true},
                                                                         {"[::FFFF:127.0.0.1]", "127.0.0.1", true},
                                                                         {"[::ffff:7f00:1]:1", "127.0.0.1", true},
                                                                         {"node_7.Example", "node_7.example", false},
                                                                         {"127.1", "127.1", false},
                                                                         {"0x7f000001", "0x7f000001", false},
                                                                         {"0127.0.0.1", "0127.0.0.1", false},
                                                                         {"localhost.", "localhost.", false}}) {
    auto parsed = authority::parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->host, host);
    EXPECT_EQ(parsed->is_address, is_address) << text;
  }
  EXPECT_EQ(authority::parse("a:7420")->port, 7420);
  EXPECT_EQ(authority::parse("[::1]:65535")->port, 65535);
  EXPECT_FALSE(authority::parse("a:")->port);
  EXPECT_FALSE(authority::parse("[::1]")->port);
}

TEST(authority, what_is_none_is_refused) {
  for (std::string_view text : {"",
                                ":7420",
                                "user@localhost",
                                "localhost@evil.example",
                                "local%68ost",
                                "localhost:65536",
                                "localhost:-1",
                                "localhost:+1",
                                "localhost: 1",
                                "localhost:1:2",
                                "localhost:x",
                                " localhost",
                                "localhost ",
                                "local host",
                                "::1",
                                "[::1",
                                "::1]",
                                "[::1]x",
                                "[::1]7420",
                                "[]",
                                "[localhost]",
                                "[127.0.0.1]",
                                "[::1%25lo]",
                                "[fe80::1%lo]",
                                "localhost/",
                                "localhost\\evil",
                                "http://localhost",
                                "a,b",
                                "localhost\t",
                                "l\xC3\xB6"
                                "cal"})
    EXPECT_FALSE(authority::parse(text)) << text;
  EXPECT_FALSE(authority::parse(std::string_view{"localhost\0.evil", 15}));
  EXPECT_TRUE(authority::parse(std::string(253, 'a')));
  EXPECT_FALSE(authority::parse(std::string(254, 'a')));
}

TEST(authority, only_the_loopback_is_the_loopback) {
  for (std::string_view text :
       {"localhost", "LOCALHOST:1", "127.0.0.1", "127.255.255.254", "[::1]", "[::ffff:127.0.0.2]"})
    EXPECT_TRUE(authority::parse(text)->is_loopback()) << text;
  for (std::string_view text : {"0.0.0.0", "128.0.0.1", "10.0.0.1", "[::]", "[::2]", "127.1", "127.evil.example",
                                "127.0.0.1.evil.example", "localhost.", "localhost.evil.example", "[::127.0.0.1]"})
    EXPECT_FALSE(authority::parse(text)->is_loopback()) << text;
}

TEST(authority, a_url_has_one) {
  EXPECT_EQ(authority::of_url("http://LOCALHOST:1/a?b#c")->host, "localhost");
  EXPECT_EQ(authority::of_url("HTTPS://[::1]?x")->host, "::1");
  for (std::string_view url : {"localhost", "ftp://localhost", "http:/localhost", "http://", "http://localhost@evil/",
                               "http://127.0.0.1:1\\@evil/", "//localhost", "null"})
    EXPECT_FALSE(authority::of_url(url)) << url;
}

// -- Host ----------------------------------------------------------------------

TEST(site, a_loopback_node_answers_to_the_loopback_alone) {
  for (std::string_view host : {"localhost", "LocalHost:7420", "127.0.0.1", "127.0.0.1:1", "127.8.8.8", "[::1]:7420",
                                "[::ffff:127.0.0.1]", "localhost:"})
    EXPECT_EQ(host_status(loopback, host), 200) << host;
  for (std::string_view host : {"attacker.example:7420", "localhost.attacker.example", "127.0.0.1.attacker.example",
                                "localhost.", "0.0.0.0:7420", "10.0.0.7", "[::]", "[fe80::1]", "127.1", "2130706433"})
    EXPECT_EQ(host_status(loopback, host), 421) << host;
  for (std::string_view host : {"", " ", "localhost@attacker.example", "attacker.example@localhost", "local%68ost",
                                "::1", "localhost,attacker.example", "localhost/", "[::1"})
    EXPECT_EQ(host_status(loopback, host), 400) << host;
}

TEST(site, a_node_answers_to_its_own_address) {
  site node{"10.0.0.7", {}};
  EXPECT_EQ(host_status(node, "10.0.0.7:7420"), 200);
  EXPECT_EQ(host_status(node, "[::ffff:10.0.0.7]"), 200);
  EXPECT_EQ(host_status(node, "127.0.0.1"), 200);
  EXPECT_EQ(host_status(node, "10.0.0.8"), 421);
  site v6{"2001:db8::7", {}};
  EXPECT_EQ(host_status(v6, "[2001:0DB8:0::7]:7420"), 200);
  EXPECT_EQ(host_status(v6, "[2001:db8::8]"), 421);
}

TEST(site, a_node_on_all_addresses_answers_to_every_address_and_to_no_name) {
  for (const char* address : {"0.0.0.0", "::"}) {
    site node{address, {}};
    for (std::string_view host : {"10.0.0.7:7420", "[2001:db8::7]", "0.0.0.0:7420", "[::]", "localhost", "203.0.113.9"})
      EXPECT_EQ(host_status(node, host), 200) << host;
    for (std::string_view host : {"attacker.example", "node7", "10.0.0.7.attacker.example", "10.1"})
      EXPECT_EQ(host_status(node, host), 421) << host;
  }
}

TEST(site, configured_hosts_are_its_own) {
  site node{"127.0.0.1", {"Node7.Example", "10.0.0.7", "[2001:db8::7]", "2001:DB8::8"}};
  for (std::string_view host :
       {"node7.example", "NODE7.example:443", "10.0.0.7:1", "[2001:db8:0::7]", "[2001:db8::8]:1", "localhost"})
    EXPECT_EQ(host_status(node, host), 200) << host;
  for (std::string_view host : {"node8.example", "x.node7.example", "node7.example.", "node7", "10.0.0.8"})
    EXPECT_EQ(host_status(node, host), 421) << host;
}

TEST(site, names_of_the_configuration_have_no_port_and_no_wildcard) {
  for (const char* name : {"node7", "node7.example", "10.0.0.7", "::1", "[2001:db8::7]", "a_b"})
    EXPECT_FALSE(site::check_name(name)) << name;
  for (const char* name :
       {"", "node7:7420", "10.0.0.7:1", "[::1]:1", "*.example", "http://node7", "node7/", "a b", "*"})
    EXPECT_EQ(code_of(site::check_name(name)), ec::invalid) << name;
}

TEST(site, there_must_be_one_host) {
  EXPECT_EQ(status(loopback, {}), 400);
  EXPECT_EQ(status(loopback, {.host = "localhost", .hosts = 0}), 400) << "HTTP/1.1 asks for the field beside a URL";
  EXPECT_EQ(status(loopback, {.host = "localhost", .hosts = 2}), 400);
}

TEST(site, a_refusal_says_what_to_configure) {
  auto refused = loopback.refuse({.host = "node7:7420", .hosts = 1});
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->body, HasSubstr("node7"));
  EXPECT_THAT(refused->body, HasSubstr("hosts in section [http]"));
  EXPECT_THAT(refused->body, HasSubstr(R"("status":421)"));
}

// -- Origin --------------------------------------------------------------------

TEST(site, pages_of_the_node_itself_may_ask) {
  EXPECT_EQ(origin_status(loopback, "localhost:7420", "http://localhost:7420"), 200);
  EXPECT_EQ(origin_status(loopback, "LOCALHOST:7420", "http://localhost:7420"), 200);
  EXPECT_EQ(origin_status(loopback, "[::1]:7420", "http://[::1]:7420"), 200);
  EXPECT_EQ(origin_status(loopback, "localhost", "http://localhost"), 200);
  EXPECT_EQ(origin_status(loopback, "localhost:80", "http://localhost"), 200);
  EXPECT_EQ(origin_status(loopback, "localhost", "https://localhost"), 200) << "a proxy speaks TLS and keeps Host";
  EXPECT_EQ(origin_status(loopback, "localhost:8443", "https://localhost:8443"), 200);
}

TEST(site, pages_of_others_may_not) {
  for (std::string_view origin : {"http://attacker.example:7420",
                                  "http://attacker.example",
                                  "null",
                                  "",
                                  "localhost:7420",
                                  "http://localhost",
                                  "http://localhost:3000",
                                  "https://localhost:3000",
                                  "http://127.0.0.1:7420",
                                  "http://localhost:7420/",
                                  "http://localhost:7420/x",
                                  "http://localhost:7420?x",
                                  "http://localhost:7420#x",
                                  "http://x@localhost:7420",
                                  "http://localhost:7420.attacker.example",
                                  "http://localhost:7420@attacker.example",
                                  "file://",
                                  "ftp://localhost:7420",
                                  "chrome-extension://abcdefgh",
                                  "http://localhost:7420 http://attacker.example",
                                  "http://localhost%3a7420"})
    EXPECT_EQ(origin_status(loopback, "localhost:7420", origin), 403) << origin;
  EXPECT_EQ(status(loopback, {.host = "localhost", .hosts = 1, .origin = "http://localhost", .origins = 2}), 400);
}

TEST(site, pages_behind_a_proxy_may_when_its_host_is_configured) {
  site node{"127.0.0.1", {"node7.example"}};
  EXPECT_EQ(origin_status(node, "127.0.0.1:7420", "https://node7.example"), 200);
  EXPECT_EQ(origin_status(node, "127.0.0.1:7420", "https://node7.example:443"), 200);
  EXPECT_EQ(origin_status(node, "node7.example:8443", "https://node7.example:8443"), 200);
  EXPECT_EQ(origin_status(node, "127.0.0.1:7420", "https://node7.example:8888"), 403)
    << "another server of that machine";
  EXPECT_EQ(origin_status(node, "127.0.0.1:7420", "https://node8.example"), 403);
  EXPECT_EQ(origin_status(node, "node7.example", "http://127.0.0.1"), 403);
}

TEST(site, a_page_on_a_foreign_host_is_refused_for_its_host_first) {
  EXPECT_EQ(origin_status(loopback, "attacker.example:7420", "http://attacker.example:7420"), 421);
}

} // namespace
} // namespace hive::http
