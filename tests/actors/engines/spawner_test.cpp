#include "actors/engines/spawner.hpp"

#include "tests/actors/engines/spawner_scene.hpp"
#include "tests/support/seed.hpp"

#include <random>

// What becomes of spawned actors, and the quotas and the load that count them. Tickets: see spawner_tickets_test.cpp.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class spawner_test : public spawner_scene {
protected:
  /// The live adapters, by their number.
  std::vector<size_t> alive() {
    std::vector<size_t> out;
    for (size_t i = 0; i < adapters.size(); ++i)
      if (tests.is_alive(adapters[i]))
        out.push_back(i);
    return out;
  }
};

// -- the end of actors -----------------------------------------------------------

TEST_F(spawner_test, actors_end_with_the_session_that_spawned_them) {
  start();
  auto first = connect(), second = connect();
  spawn(first).answer();
  spawn(second).answer();
  spawn(first).answer();
  EXPECT_THAT(alive(), ElementsAre(0, 1, 2));
  tests.end(first.session);
  EXPECT_THAT(alive(), ElementsAre(1)) << "the other session is of the same engine and still there";
  tests.end(second.session);
  EXPECT_THAT(alive(), IsEmpty());
}

TEST_F(spawner_test, actors_that_may_stay_outlive_their_session) {
  options.policy.stay = true;
  start();
  auto first = connect();
  spawn(first, true).answer();
  auto staying = id_of_spawned(last_ticket);
  spawn(first).answer();
  tests.end(first.session);
  EXPECT_THAT(alive(), ElementsAre(0));
  auto second = connect();
  spawn(second).answer();
  spawn(second).answer();
  expect_refused(spawn(second), ec::overloaded, "quota");
  EXPECT_EQ(as_view(end_spawned(second, staying).answer()->getId()), staying) << "over any connection of its engine";
  EXPECT_THAT(alive(), ElementsAre(2, 3)) << "the ticket that the quota refused made none";
}

TEST_F(spawner_test, all_actors_end_with_the_spawner) {
  options.policy.stay = true;
  start();
  auto engine = connect();
  spawn(engine).answer();
  spawn(engine, true).answer();
  auto session = spawn_study(engine, "s1").answer();
  tests.end(spawner);
  EXPECT_THAT(alive(), IsEmpty());
  EXPECT_FALSE(tests.is_alive(session));
  EXPECT_THAT(research.finished, IsEmpty()) << "sessions are stored and go on with the next start of the node";
}

TEST_F(spawner_test, an_engine_ends_its_own_actors_and_no_others) {
  start();
  auto engine = connect();
  spawn(engine).answer();
  auto id = id_of_spawned(last_ticket);
  expect_refused(end_spawned(connect(engine8), id), ec::not_found, "engine engine8 has no spawned actor " + id);
  expect_refused(end_spawned(engine, "unknown"), ec::not_found, "unknown");
  EXPECT_THAT(alive(), ElementsAre(0));
  EXPECT_EQ(as_view(end_spawned(engine, id).answer()->getId()), id);
  EXPECT_THAT(alive(), IsEmpty());
  expect_refused(end_spawned(engine, id), ec::not_found, id);
}

TEST_F(spawner_test, an_actor_that_dies_by_itself_is_forgotten) {
  start();
  auto engine = connect();
  spawn(engine).answer();
  auto id = id_of_spawned(last_ticket);
  tests.pass(defaults::load_interval);
  tests.end(adapters[0]);
  expect_refused(end_spawned(engine, id), ec::not_found, id);
  tests.pass(defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U, 1U, 0U));
}

TEST_F(spawner_test, nothing_is_spawned_for_a_session_that_ends_meanwhile) {
  hive.hold = true;
  start();
  auto engine = connect();
  auto spec = echo();
  auto good = ticket(spec);
  show(engine, good, spec);
  tests.end(engine.session);
  release(hive_actor);
  EXPECT_THAT(adapters, IsEmpty());
  tests.pass(defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U));
}

// -- quotas ----------------------------------------------------------------------

TEST_F(spawner_test, the_quota_counts_the_actors_of_an_engine_over_all_its_sessions) {
  start();
  auto first = connect(), second = connect();
  spawn(first).answer();
  spawn(second).answer();
  spawn(first).answer();
  expect_refused(spawn(second), ec::overloaded, "its quota");
  EXPECT_NO_THROW(spawn(connect(engine8)).answer()) << "another engine has its own quota";
  EXPECT_EQ(adapters.size(), 4U);
}

TEST_F(spawner_test, the_end_of_an_actor_makes_room_in_the_quota) {
  options.policy.quota = 1;
  start();
  auto engine = connect();
  for (int i = 0; i < 3; ++i) {
    spawn(engine).answer();
    auto id = id_of_spawned(last_ticket);
    expect_refused(spawn(engine), ec::overloaded, "quota");
    if (i == 0)
      end_spawned(engine, id).answer();
    else if (i == 1)
      tests.end(adapters.back());
    else
      tests.end(engine.session);
  }
  EXPECT_NO_THROW(spawn(connect()).answer());
}

TEST_F(spawner_test, a_quota_of_zero_refuses_everything) {
  options.policy.quota = 0;
  start();
  expect_refused(spawn(connect()), ec::overloaded, "quota of engines on this node is 0");
}

// -- load ------------------------------------------------------------------------

TEST_F(spawner_test, the_load_is_published_at_the_start_and_then_at_its_pace_when_it_changes) {
  start();
  EXPECT_THAT(hive.loads, ElementsAre(0U));
  tests.pass(100 * defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U)) << "nothing has changed";
  auto engine = connect();
  spawn(engine).answer();
  spawn(engine).answer();
  EXPECT_THAT(hive.loads, ElementsAre(0U)) << "not with every change";
  tests.pass(defaults::load_interval - std::chrono::milliseconds{1});
  EXPECT_THAT(hive.loads, ElementsAre(0U));
  tests.pass(std::chrono::milliseconds{1});
  EXPECT_THAT(hive.loads, ElementsAre(0U, 2U)) << "two changes, one publication";
  tests.pass(100 * defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U, 2U));
  tests.end(engine.session);
  tests.pass(defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U, 2U, 0U));
}

// -- at random -------------------------------------------------------------------

/// Engines spawn and end actors, lose their connections and reconnect, in random order. The live actors are always
/// those that a simple model expects.
TEST_F(spawner_test, spawned_actors_quotas_and_load_agree_in_any_order) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  options.policy.stay = true;
  start();
  struct expected_actor {
    size_t adapter, engine, connection;
    bool stay;
    std::string id;
  };
  const std::vector<engine_id> engines{engine7, engine8};
  std::vector<test_connection> open;
  std::vector<expected_actor> expected;
  for (size_t i = 0; i < 2 * engines.size(); ++i)
    open.push_back(connect(engines[i % engines.size()]));
  for (int step = 0; step < 300; ++step) {
    auto which = random() % open.size(), engine = which % engines.size();
    auto& connection = open[which];
    auto of_engine = [&](const auto& each) { return each.engine == engine; };
    switch (random() % 6) {
    case 0:
    case 1:
    case 2: {
      bool stay = random() % 4 == 0, room = std::ranges::count_if(expected, of_engine) < 3;
      auto spawned = spawn(connection, stay);
      if (room)
        expected.push_back({adapters.size() - 1, engine, which, stay, id_of_spawned(last_ticket)});
      else
        expect_refused(spawned, ec::overloaded, "quota");
      break;
    }
    case 3:
      if (auto any = std::ranges::find_if(expected, of_engine); any != expected.end()) {
        end_spawned(connection, any->id).answer();
        expected.erase(any);
      }
      break;
    case 4:
      if (!expected.empty()) {
        tests.end(adapters[expected.back().adapter]);
        expected.pop_back();
      }
      break;
    case 5:
      tests.end(connection.session);
      std::erase_if(expected, [&](const auto& each) { return each.connection == which && !each.stay; });
      for (auto& each : expected) // what stays belongs to no connection any more
        if (each.connection == which)
          each.connection = SIZE_MAX;
      connection = connect(engines[engine]);
      break;
    }
    std::vector<size_t> numbers;
    for (const auto& each : expected)
      numbers.push_back(each.adapter);
    ASSERT_EQ(alive(), numbers) << "step " << step;
    if (random() % 4 == 0) {
      tests.pass(defaults::load_interval);
      ASSERT_EQ(hive.loads.back(), expected.size()) << "step " << step;
    }
  }
}

} // namespace
} // namespace hive
