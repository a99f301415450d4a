#include "platform/http_url.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive::http {
namespace {

std::string refusal(const std::string& url, url_user user = url_user::refused) {
  auto error = check_url(url, user);
  EXPECT_TRUE(!error || code_of(error) == ec::invalid) << url;
  return error ? text_of(error) : "";
}

TEST(http_url, names_a_host_to_fetch_from) {
  for (const char* good : {"http://h", "https://h:65535/path?query#fragment", "http://[::1]:80/", "http://127.0.0.1",
                           "http://a_b.example.org/@x", "http://h/%20"})
    EXPECT_EQ(refusal(good), "") << good;
}

TEST(http_url, refusals_say_what_is_wrong) {
  for (const char* url : {"", "h", "localhost:1", "ftp://h", "file:///etc/passwd", "http:/h", "HTTP://h", " http://h"})
    EXPECT_EQ(refusal(url), "must start with http:// or https://") << url;
  for (const char* url : {"http://", "https:///h", "http://:80", "http://?q", "http:////h"})
    EXPECT_EQ(refusal(url), "names no host") << url;
  for (const char* url : {"http://h:65536", "http://h:x", "http://[::1", "http://[::g]/", "http://a b", "http://h/a b",
                          "http://h\x01", "http://h/\x7f", "http://h;x"})
    EXPECT_EQ(refusal(url).rfind("is no URL: ", 0), 0u) << url << ": " << refusal(url);
  EXPECT_EQ(refusal({"http://h/\0x", 11}), "must not hold NUL");
}

TEST(http_url, may_name_a_user_only_where_that_is_allowed) {
  for (const char* url : {"http://user@h", "http://user:password@h/", "http://@h"}) {
    EXPECT_EQ(refusal(url), "must not hold a user name or password") << url;
    EXPECT_EQ(refusal(url, url_user::allowed), "") << url;
  }
}

} // namespace
} // namespace hive::http
