#include "actors/baseline/agent_key.hpp"

#include "messages/ec.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

std::string named(std::string_view prompt, std::string_view flow) {
  auto who = agent_named(prompt, flow);
  return who ? to_string(*who) : std::string{to_string(code_of(who.error()))};
}

TEST(agent_key, decimal_flows_are_one_agent_however_they_are_written) {
  EXPECT_EQ(named("71", "7"), "71/7");
  EXPECT_EQ(named("71", "007"), "71/7");
  EXPECT_EQ(named("71", "0"), "71/0");
  EXPECT_EQ(named("71", "000"), "71/0");
  EXPECT_EQ(named("71", "0a"), "71/0a");
  EXPECT_EQ(named("071", "7"), "071/7");
}

TEST(agent_key, refuses_what_would_be_ambiguous_or_no_id) {
  EXPECT_EQ(named("a_b", "c"), "a_b/c");
  for (auto flow : {"b_c", "b.c", "", "-a", "..", "a/b", "a b", "ä"})
    EXPECT_EQ(named("a", flow), "invalid") << flow;
  for (auto prompt : {"", "../a", "a/b", ".a", "a\n", "ä"})
    EXPECT_EQ(named(prompt, "0"), "invalid") << prompt;
  EXPECT_EQ(named(std::string(64, 'a'), std::string(64, '1')), std::string(64, 'a') + "/" + std::string(64, '1'));
  EXPECT_EQ(named(std::string(65, 'a'), "0"), "invalid");
}

TEST(agent_key, a_position_of_a_list_names_its_agent) {
  auto who = agent_at("a_b/007");
  ASSERT_TRUE(who);
  EXPECT_EQ(*who, (stored_agent{"a_b", "7"}));
  EXPECT_FALSE(agent_at("a"));
  EXPECT_FALSE(agent_at("a/b/c"));
}

} // namespace
} // namespace hive
