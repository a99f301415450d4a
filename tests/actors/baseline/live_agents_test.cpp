#include "actors/baseline/live_agents.hpp"

#include "messages/baseline.capnp.h"
#include "tests/support/test_system.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;

class live_agents_test : public testing::Test {
protected:
  ~live_agents_test() override {
    for (const auto& actor : actors)
      caf::anon_send_exit(actor, caf::exit_reason::kill);
  }

  live_agents::entry& add(const std::string& prompt, int second) {
    auto actor = tests.system().spawn([](caf::event_based_actor* self) {
      self->set_default_handler(caf::drop);
      return caf::behavior{[](int) {}};
    });
    actors.push_back(actor);
    return live.add({prompt, "0"}, caf::actor_cast<kept_agent_actor>(actor), at(second));
  }

  static live_agents::time_point at(int second) {
    return live_agents::time_point{} + std::chrono::seconds{second};
  }

  test_system tests;
  std::vector<caf::actor> actors;
  live_agents live;
};

TEST_F(live_agents_test, an_agent_leaves_only_when_it_has_received_all_that_was_sent) {
  auto& agent = add("a", 0);
  agent.sent = 3;
  auto address = agent.actor.address();
  EXPECT_FALSE(live.leave({"a", "0"}, address, {2, true}));
  EXPECT_FALSE(live.leave({"a", "0"}, address, {3, false}));
  EXPECT_EQ(live.size(), 1u);
  EXPECT_TRUE(live.leave({"a", "0"}, address, {3, true}));
  EXPECT_EQ(live.size(), 0u);
  EXPECT_EQ(live.use({"a", "0"}, at(1)), nullptr);
}

TEST_F(live_agents_test, a_report_of_an_earlier_actor_does_not_end_its_successor) {
  auto earlier = add("a", 0).actor.address();
  EXPECT_TRUE(live.remove(earlier));
  add("a", 1);
  EXPECT_FALSE(live.leave({"a", "0"}, earlier, {0, true}));
  EXPECT_NE(live.use({"a", "0"}, at(2)), nullptr);
  EXPECT_FALSE(live.remove(earlier));
}

TEST_F(live_agents_test, asks_the_idle_ones_and_those_beyond_the_limit_once) {
  for (int i = 0; i < 5; ++i)
    add("a" + std::to_string(i), i);
  live.use({"a0", "0"}, at(10));
  auto names = [](const std::vector<live_agents::entry*>& entries) {
    std::string out;
    for (auto* each : entries)
      out += each->who.prompt + " ";
    return out;
  };
  EXPECT_EQ(names(live.ask(at(2), 100)), "a1 a2 ");
  EXPECT_EQ(names(live.ask(at(2), 100)), "");
  EXPECT_EQ(names(live.ask(at(0), 2)), "a3 ");
  live.stay({"a1", "0"});
  EXPECT_EQ(names(live.ask(at(2), 100)), "a1 ");
}

} // namespace
} // namespace hive
