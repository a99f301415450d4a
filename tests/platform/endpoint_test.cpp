#include "platform/endpoint.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(endpoint, is_read_as_it_is_written) {
  for (const char* text : {"127.0.0.1:7421", "[::1]:0", "node7.example.org:65535"}) {
    auto read = endpoint::parse(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->text(), text);
  }
}

TEST(endpoint, refuses_what_is_none) {
  for (const char* text :
       {"", ":", "host", "host:", ":7421", "::1:7421", "host:65536", "host:-1", "host:7421x", "[]:1"})
    EXPECT_FALSE(endpoint::parse(text)) << text;
}

TEST(endpoint, knows_the_loopback) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "localhost"})
    EXPECT_TRUE((endpoint{address, 1}.is_loopback())) << address;
  // A name may resolve to anything; addresses that only look like the loopback are not it.
  for (const char* address :
       {"0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org"})
    EXPECT_FALSE((endpoint{address, 1}.is_loopback())) << address;
  EXPECT_TRUE((endpoint{"0.0.0.0", 1}.is_unspecified()));
  EXPECT_TRUE((endpoint{"::", 1}.is_unspecified()));
  EXPECT_FALSE((endpoint{"127.0.0.1", 1}.is_unspecified()));
}

} // namespace
} // namespace hive
