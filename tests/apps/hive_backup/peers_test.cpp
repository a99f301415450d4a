#include "apps/hive_backup/peers.hpp"

#include "messages/ec.hpp"

#include <gmock/gmock.h>

namespace hive::backup {
namespace {

using testing::HasSubstr;

const std::string node(32, 'a');

std::string list(const std::string& id, const std::string& state) {
  return R"({"nodes":[{"id":"other","state":"active","epoch":9,"of_a_later_version":1},{"id":")" + id +
         R"(","state":")" + state + R"(","epoch":7}],"more":[]})";
}

TEST(backup_peers, a_node_that_may_run_is_not_restored) {
  for (const auto* state : {"active", "suspect"}) {
    auto seen = read_peer(list(node, state), "http://p", node);
    ASSERT_FALSE(seen) << state;
    EXPECT_EQ(code_of(seen.error()), ec::conflict);
    EXPECT_THAT(text_of(seen.error()), HasSubstr("http://p"));
  }
}

TEST(backup_peers, of_one_that_is_gone_the_epoch_counts) {
  for (const auto* state : {"stale", "dead", "quarantined"})
    EXPECT_EQ(read_peer(list(node, state), "http://p", node)->epoch, 7U) << state;
  EXPECT_EQ(read_peer(list("b", "active"), "http://p", node)->epoch, 0U);
}

TEST(backup_peers, who_is_no_node_says_nothing) {
  for (const auto* body : {"", "<html>", "[]", R"({"nodes":7})", R"({"nodes":[]})", "{}"})
    EXPECT_FALSE(read_peer(body, "http://p", node)) << body;
  auto none = ask_peers({"http://127.0.0.1:1"}, "", node);
  ASSERT_FALSE(none);
  EXPECT_THAT(text_of(none.error()), HasSubstr("http://127.0.0.1:1"));
}

} // namespace
} // namespace hive::backup
