#include "platform/fetch_url.hpp"

#include "messages/ec.hpp"

#include <gmock/gmock.h>
#include <string>
#include <vector>

namespace hive {
namespace {

using testing::HasSubstr;

const std::vector<std::string> allowed{"https://git.example.org/bench", "https://open.example.org", "file:///srv/git/"};

TEST(fetch_url, allows_what_a_prefix_covers) {
  for (const auto* url : {"https://git.example.org/bench", "https://git.example.org/bench/one.git",
                          "https://open.example.org/any/where", "file:///srv/git/one", "file:///srv/git/a/b.git"})
    EXPECT_FALSE(check_fetch_url(url, allowed)) << url;
}

TEST(fetch_url, a_prefix_ends_at_a_slash) {
  for (const auto* url :
       {"https://git.example.org/benchmarks", "https://git.example.org", "https://open.example.org.evil.net/x",
        "https://open.example.org:444/x", "file:///srv/gitx/one", "file:///srv/git", "file:///etc/passwd"}) {
    auto refused = check_fetch_url(url, allowed);
    EXPECT_EQ(code_of(refused), ec::forbidden) << url;
    EXPECT_THAT(text_of(refused), HasSubstr(url));
  }
}

TEST(fetch_url, without_prefixes_names_the_key) {
  auto refused = check_fetch_url("https://git.example.org/bench", {});
  EXPECT_EQ(code_of(refused), ec::forbidden);
  EXPECT_THAT(text_of(refused), HasSubstr("[dynamic] allowed"));
}

TEST(fetch_url, refuses_other_forms_by_name) {
  const std::vector<std::pair<std::string, std::string>> cases{
    {"ext::sh -c x", "transport helper"},
    {"fd::3", "transport helper"},
    {"https::file:///srv/git/x", "transport helper"},
    {"ssh://example.org/x", "scheme ssh"},
    {"git+ssh://example.org/x", "scheme git+ssh"},
    {"git://example.org/x", "scheme git"},
    {"http://git.example.org/bench", "scheme http"},
    {"HTTPS://git.example.org/bench", "scheme HTTPS"},
    {"git@example.org:x", "ssh"},
    {"host:path", "ssh"},
    {"/srv/git/one", "plain path"},
    {"../one", "plain path"},
    {"-u", "plain path"},
    {"", "bytes"},
    {"file://srv/git/one", "absolute path"},
    {"file://localhost/srv/git/one", "absolute path"},
    {"file:///srv/git/../../etc", "'..'"},
    {"file:///srv/git/./one", "'.'"},
    {"file:///srv/git/%2e%2e/x", "letters, digits"},
    {"file:///srv/git/a b", "letters, digits"},
    {"file:///srv/git/a\nb", "letters, digits"},
    {"https://git.example.org/bench?x=1", "letters, digits"},
    {"https://git.example.org/bench#x", "letters, digits"},
    {"https://user@git.example.org/bench", "user name"},
    {"https://user:secret@git.example.org/bench", "user name"},
    {"https:///bench", "host name"},
    {"https://-x/bench", "host name"},
    {"https://h:0x50/bench", "host name"},
    {"https://h:/bench", "host name"},
  };
  for (const auto& [url, word] : cases) {
    auto refused = check_fetch_url(url, allowed);
    EXPECT_EQ(code_of(refused), ec::invalid) << url;
    EXPECT_THAT(text_of(refused), HasSubstr(word)) << url;
  }
  EXPECT_EQ(code_of(check_fetch_url("file:///srv/git/" + std::string(max_fetch_url_bytes, 'x'), allowed)), ec::invalid);
}

TEST(fetch_url, prefixes_follow_the_same_rules) {
  for (const auto* prefix : {"https://git.example.org", "https://git.example.org:8443/bench/", "file:///srv/git"})
    EXPECT_FALSE(check_fetch_prefix(prefix)) << prefix;
  for (const auto* prefix : {"https://", "file://", "http://example.org/", "/srv/git", "ssh://example.org/", ""})
    EXPECT_EQ(code_of(check_fetch_prefix(prefix)), ec::invalid) << prefix;
}

} // namespace
} // namespace hive
