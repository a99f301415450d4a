#include "actors/daemon/coding_daemon.hpp"
#include "actors/tracker/api.hpp"
#include "tests/support/test_publisher.hpp"
#include "tests/support/test_tracker.hpp"
#include "tests/support/wait_until.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

class coding_daemon_test : public testing::Test {
protected:
  ~coding_daemon_test() override {
    for (const auto& actor : {caf::actor_cast<caf::actor>(daemon), caf::actor_cast<caf::actor>(publisher)})
      if (actor)
        caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  void start(std::chrono::milliseconds tick) {
    publisher = node.tests.system().spawn(test_publisher, deltas);
    daemon = spawn_coding_daemon(node.tests.system(), {node.actor, publisher}, {.tick = tick});
  }

  test_tracker node;
  std::shared_ptr<published_deltas> deltas = std::make_shared<published_deltas>();
  publisher_actor publisher;
  coding_daemon_actor daemon;
};

TEST_F(coding_daemon_test, publishes_at_every_tenth_tick) {
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  start(std::chrono::hours{1});
  for (int tick = 1; tick <= 30; ++tick) {
    caf::anon_send(daemon, tick_atom::value);
    ASSERT_TRUE(wait_until([&] { return deltas->count == tick / 10; })) << tick;
  }
  EXPECT_EQ(deltas->count, 3);
}

TEST_F(coding_daemon_test, ticks_by_itself) {
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  start(std::chrono::milliseconds{1});
  EXPECT_TRUE(wait_until([&] { return deltas->count >= 2; }));
}

TEST_F(coding_daemon_test, says_nothing_while_nothing_is_learned_and_goes_on_afterwards) {
  start(std::chrono::milliseconds{1});
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_EQ(deltas->count, 0);
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  EXPECT_TRUE(wait_until([&] { return deltas->count >= 1; }));
}

} // namespace
} // namespace hive
