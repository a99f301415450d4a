#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(node_list, says_of_each_node_how_it_is) {
  auto node = answering(R"({"nodes":[
    {"id":"aa","name":"north","state":"active","address":"10.0.0.1:7421","self":true,"same_root":true},
    {"id":"bb","name":"south","state":"stale","address":"10.0.0.2:7421","reason":"no heartbeat"}]})");
  auto result = hivectl(node.url(), {"node", "list"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/hive/nodes");
  EXPECT_THAT(result.out, AllOf(HasSubstr("this node"), HasSubstr("stale"), HasSubstr("no heartbeat")));
}

TEST(node_status, tells_only_of_trouble_that_there_is) {
  auto well = answering(R"({"node":"aa","linked":1,"known":2,"converged":1})");
  auto quiet = hivectl(well.url(), {"node", "status"});
  EXPECT_EQ(quiet.status, 0) << quiet.err;
  EXPECT_THAT(quiet.out, AllOf(HasSubstr("1, of 1 other nodes known"), HasSubstr("100% hold"), Not(HasSubstr("Clocks")),
                               Not(HasSubstr("Refused")), Not(HasSubstr("Unreadable")), Not(HasSubstr("Quarantined"))));

  auto ill = answering(R"({"node":"aa","linked":1,"known":2,"converged":0.5,"clock_warning":"an hour ahead",
    "refused":[{"reason":"too_large","count":3}],"unreadable":4,"quarantined":[{"id":"cc","reason":"two payloads"}]})");
  auto loud = hivectl(ill.url(), {"node", "status"});
  EXPECT_EQ(loud.status, 0) << loud.err;
  EXPECT_THAT(loud.out, AllOf(HasSubstr("50% hold"), HasSubstr("an hour ahead"), HasSubstr("3 slots: too_large"),
                              HasSubstr("4 messages of other nodes"), HasSubstr("cc: two payloads")));
}

TEST(node_status, says_what_the_node_waits_for) {
  auto node = answering(R"({"node":"aa","known":2,"hearing":"nobody was heard yet"})");
  auto result = hivectl(node.url(), {"node", "status"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Waiting      nobody was heard yet"));
}

TEST(node_vouch, is_a_request_of_its_own) {
  auto node = answering(R"({"node":"aa","known":2})");
  auto result = hivectl(node.url(), {"node", "vouch"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().method, "POST");
  EXPECT_EQ(node.requests().back().target, "/api/v1/hive/vouch");
  EXPECT_THAT(result.out, HasSubstr("publishes without waiting"));
}

} // namespace
} // namespace hive::test
