#include "actors/http/peer.hpp"

#include "messages/ec.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hive::http {
namespace {

using testing::HasSubstr;

TEST(user_roles, by_default_root_and_the_nodes_own_user_operate) {
  user_roles roles;
  EXPECT_EQ(roles.known_as({::geteuid(), {}}).grants, role::operate);
  EXPECT_EQ(roles.known_as({0, {}}).grants, role::operate);
  EXPECT_EQ(roles.known_as({0, {}}).id, "");
  EXPECT_EQ(roles.known_as({4'000'000, {0}}).grants, role::anyone);
}

TEST(user_roles, the_highest_role_of_user_and_groups_counts) {
  auto roles = user_roles::make({{"1001", "read"}, {"@2001", "record"}, {"@2002", "read"}});
  ASSERT_TRUE(roles);
  EXPECT_EQ(roles->known_as({1001, {}}).grants, role::read);
  EXPECT_EQ(roles->known_as({1001, {2001}}).grants, role::record);
  EXPECT_EQ(roles->known_as({1002, {2002, 2001}}).grants, role::record);
  EXPECT_EQ(roles->known_as({1002, {}}).grants, role::anyone);
  EXPECT_EQ(roles->known_as({1001, {}}).id, "1001");        // no user has this number
  EXPECT_EQ(roles->known_as({0, {}}).grants, role::anyone); // nobody but those who are named
}

TEST(user_roles, wrong_entries_are_named) {
  auto refusal = [](const role_entry& entry) { return text_of(user_roles::make({entry}).error()); };
  EXPECT_THAT(refusal({"no-such-user", "read"}), HasSubstr("no-such-user names no user"));
  EXPECT_THAT(refusal({"@no-such-group", "read"}), HasSubstr("@no-such-group names no group"));
  EXPECT_THAT(refusal({"root", "admin"}), HasSubstr("\"admin\""));
}

TEST(certificate_roles, wrong_entries_are_named) {
  auto refusal = [](const role_entry& entry) { return text_of(certificate_roles::make({entry}).error()); };
  EXPECT_THAT(refusal({"nodes", "read"}), HasSubstr("nodes must be engine, node or name:NAME"));
  EXPECT_THAT(refusal({"name:", "read"}), HasSubstr("name:"));
  EXPECT_THAT(refusal({"engine", "anyone"}), HasSubstr("\"anyone\""));
}

TEST(user_behind, is_the_process_at_the_other_end) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  unique_fd one{ends[0]}, other{ends[1]};
  auto who = user_behind(one.get());
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user, ::geteuid());
  EXPECT_NE(std::ranges::find(who->groups, ::getegid()), who->groups.end());
}

TEST(user_behind, is_unknown_where_there_is_none) {
  unique_fd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  auto who = user_behind(tcp.get());
  EXPECT_FALSE(who && !who->groups.empty() && who->user == ::geteuid());
}

} // namespace
} // namespace hive::http
