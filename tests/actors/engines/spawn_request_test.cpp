#include "actors/engines/spawn_request.hpp"

#include "messages/json.hpp"
#include "messages/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using testing::HasSubstr;

const std::string command = R"("command":{"name":"echo","command":["/bin/echo","a"]})";
const std::string session = R"("session":{"id":"s1","topic":"faster"})";

caf::expected<spawn_plan> plan(const std::string& json, const std::string& token = {}) {
  auto asked = from_json<wire::StartSpawned>(json);
  if (!asked)
    throw std::runtime_error(text_of(asked.error()));
  return read_spawn_request(token, **asked);
}

TEST(spawn_request, is_what_a_connected_engine_would_ask_for) {
  auto adapter = plan("{" + command + R"(,"place":{"node":"n1","labels":["big","fast"]},"stay":true})");
  ASSERT_TRUE(adapter) << text_of(adapter.error());
  EXPECT_EQ(adapter->name, "echo");
  EXPECT_EQ(adapter->kind, wire::SpawnedKind::ADAPTER);
  EXPECT_TRUE(adapter->stay);
  EXPECT_EQ(to_json(adapter->request),
            to_json(*from_json<wire::SpawnRequest>(R"({"spec":{"adapter":{"name":"echo","command":["/bin/echo","a"]},)"
                                                   R"("stay":true},"node":"n1","labels":["big","fast"]})")));
  auto research = plan("{" + session + "}");
  ASSERT_TRUE(research) << text_of(research.error());
  EXPECT_EQ(research->name, "s1");
  EXPECT_EQ(research->kind, wire::SpawnedKind::RESEARCH);
  EXPECT_FALSE(research->stay);
  EXPECT_EQ(as_view(research->request->getSpec().getResearch().getTopic()), "faster");
  EXPECT_FALSE(research->request->hasNode());
}

TEST(spawn_request, is_for_exactly_one_thing) {
  EXPECT_EQ(code_of(plan("{}").error()), ec::invalid);
  EXPECT_EQ(code_of(plan("{" + command + "," + session + "}").error()), ec::invalid);
  auto nameless = plan(R"({"session":{"topic":"faster"}})");
  EXPECT_EQ(code_of(nameless.error()), ec::invalid);
  EXPECT_THAT(text_of(nameless.error()), HasSubstr("session.id"));
}

TEST(spawn_request, the_engine_is_that_of_the_token_or_else_the_one_that_is_given) {
  EXPECT_EQ(plan("{" + command + "}")->engine, "operator");
  EXPECT_EQ(plan("{" + command + R"(,"engine":"mine"})")->engine, "mine");
  EXPECT_EQ(plan("{" + command + "}", "ci")->engine, "ci");
  EXPECT_EQ(plan("{" + command + R"(,"engine":"ci"})", "ci")->engine, "ci");
  auto other = plan("{" + command + R"(,"engine":"mine"})", "ci");
  EXPECT_EQ(code_of(other.error()), ec::forbidden);
  EXPECT_THAT(text_of(other.error()), HasSubstr("the token is of engine ci, not of mine"));
  EXPECT_EQ(code_of(plan("{" + command + "}", "a name").error()), ec::invalid);
}

} // namespace
} // namespace hive
