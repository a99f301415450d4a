#include "actors/daemon/coding_daemon.hpp"

#include "actors/hive/outbox.hpp"
#include "tests/support/test_tracker.hpp"
#include "tests/support/wait_until.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

/// A federation that only counts what it is given.
federation_actor::behavior_type counting_federation(federation_actor::pointer,
                                                    std::shared_ptr<std::atomic<int>> deltas) {
  return {
    [deltas](const msg<wire::LearningDelta>&) {
      ++*deltas;
      return msg<wire::Recorded>{};
    },
    [](const msg<wire::PublishedDeltaQuery>&) -> caf::result<msg<wire::LearningDelta>> {
      return fail(ec::no_data, "counts only");
    },
  };
}

class CodingDaemon : public testing::Test {
protected:
  ~CodingDaemon() override {
    for (const auto& actor : {caf::actor_cast<caf::actor>(daemon), caf::actor_cast<caf::actor>(federation)})
      if (actor)
        caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  void start(std::chrono::milliseconds tick) {
    federation = node.tests.system().spawn(counting_federation, deltas);
    daemon = node.tests.system().spawn(coding_daemon, node.actor, federation, coding_daemon_options{.tick = tick});
  }

  test_tracker node;
  std::shared_ptr<std::atomic<int>> deltas = std::make_shared<std::atomic<int>>(0);
  federation_actor federation;
  coding_daemon_actor daemon;
};

TEST_F(CodingDaemon, PublishesAtEveryTenthTick) {
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  start(std::chrono::hours{1});
  for (int tick = 1; tick <= 30; ++tick) {
    caf::anon_send(daemon, tick_atom::value);
    ASSERT_TRUE(wait_until([&] { return *deltas == tick / 10; })) << tick;
  }
  EXPECT_EQ(*deltas, 3);
}

TEST_F(CodingDaemon, TicksByItself) {
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  start(std::chrono::milliseconds{1});
  EXPECT_TRUE(wait_until([&] { return *deltas >= 2; }));
}

TEST_F(CodingDaemon, SaysNothingWhileNothingIsLearnedAndGoesOnAfterwards) {
  start(std::chrono::milliseconds{1});
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_EQ(*deltas, 0);
  ASSERT_TRUE(node.record(runs("feature", "aider", 5, 0)));
  EXPECT_TRUE(wait_until([&] { return *deltas >= 1; }));
}

} // namespace
} // namespace hive
