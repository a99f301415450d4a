#include "messages/engine.capnp.h"
#include "messages/json.hpp"
#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive::test {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

constexpr auto engines = R"({"engines":[
  {"name":"trainer","protocol":"caf","remote":"10.0.0.9:50000","connected_at":"2026-11-29T04:00:00Z","spawned":[
    {"id":"aa","engine":"trainer","node":"n1","kind":"research","name":"s1","state":"running"}]},
  {"name":"idle","protocol":"caf","remote":"10.0.0.8:50000","connected_at":"2026-11-29T04:00:00Z"},
  {"name":"left","protocol":"caf","spawned":[
    {"id":"bb","engine":"left","node":"n1","kind":"adapter","name":"quick","state":"running","stay":true}]},
  {"name":"py","protocol":"http","spawned":[
    {"id":"cc","engine":"py","node":"n2","kind":"adapter","name":"slow","state":"done"}]},
  {"name":"py","protocol":"http","via":"n3","spawned":[
    {"id":"dd","engine":"py","node":"n1","kind":"adapter","name":"far","state":"running"}]}]})";

TEST(engine_list, shows_engines_of_both_kinds_and_what_each_spawned_where) {
  auto node = answering(engines);
  auto result = hivectl(node.url(), {"engine", "list"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(node.requests().back().target, "/api/v1/engines");
  EXPECT_THAT(result.out, ContainsRegex("trainer +caf +10.0.0.9:50000 +aa +research +s1 +n1 +running"));
  EXPECT_THAT(result.out, ContainsRegex("idle +caf +10.0.0.8:50000 +- +- +- +- +-"));
  EXPECT_THAT(result.out, ContainsRegex("left +caf +not connected +bb +adapter +quick +n1 +running"));
  EXPECT_THAT(result.out, ContainsRegex("py +http +this node +cc +adapter +slow +n2 +done"));
  EXPECT_THAT(result.out, ContainsRegex("py +http +n3 +dd +adapter +far +n1 +running"));
}

TEST(engine_list, is_json_on_demand) {
  auto node = answering(engines);
  auto result = hivectl(node.url(), {"--json", "engine", "list"});
  EXPECT_EQ(result.status, 0) << result.err;
  auto list = from_json<wire::EngineList>(result.out);
  ASSERT_TRUE(list) << result.out;
  EXPECT_EQ((*list)->getEngines().size(), 5U);
}

TEST(engine_list, teaches_in_its_help) {
  auto result = hivectl("http://127.0.0.1:1", {"engine", "--help"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("hivectl engine list"));
}

} // namespace
} // namespace hive::test
