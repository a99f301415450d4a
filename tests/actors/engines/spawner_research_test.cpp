#include "tests/actors/engines/spawner_scene.hpp"

// Research sessions that engines spawn.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class spawner_research_test : public spawner_scene {
protected:
  template <class Answer, class Step>
  test_reply<msg<Answer>> step(const research_session_actor& session, const std::string& id) {
    return tests.ask<msg<Answer>>(session, msg<Step>::build([&](typename Step::Builder out) { out.setId(id); }));
  }
};

TEST_F(spawner_research_test, an_engine_gets_a_proxy_for_its_session_alone) {
  start();
  auto session = spawn_study(connect(), "s1").answer();
  EXPECT_THAT(research.started, ElementsAre("s1"));
  auto counted = step<wire::ResearchSession, wire::ResearchIteration>(session, "s1");
  EXPECT_EQ(as_view(counted.answer()->getId()), "s1");
  auto improved = step<wire::ResearchSession, wire::ResearchImprovement>(session, "s1");
  EXPECT_EQ(as_view(improved.answer()->getId()), "s1");
  expect_refused(step<wire::ResearchSession, wire::ResearchIteration>(session, "s2"), ec::forbidden, "session s1");
  expect_refused(step<wire::ResearchReport, wire::FinishResearch>(session, "s2"), ec::forbidden, "session s1");
  EXPECT_THAT(research.finished, IsEmpty());
}

TEST_F(spawner_research_test, a_finished_session_makes_room_in_the_quota) {
  options.policy.quota = 1;
  start();
  auto engine = connect();
  auto session = spawn_study(engine, "s1").answer();
  expect_refused(spawn_study(engine, "s2"), ec::overloaded, "quota");
  step<wire::ResearchReport, wire::FinishResearch>(session, "s1").answer();
  EXPECT_FALSE(tests.is_alive(session));
  EXPECT_NO_THROW(spawn_study(engine, "s3").answer());
  EXPECT_THAT(research.started, ElementsAre("s1", "s3"));
}

TEST_F(spawner_research_test, a_session_is_finished_when_its_engine_is_gone) {
  start();
  auto engine = connect();
  auto session = spawn_study(engine, "s1").answer();
  tests.end(engine.session);
  EXPECT_FALSE(tests.is_alive(session));
  EXPECT_THAT(research.finished, ElementsAre("s1"));
}

TEST_F(spawner_research_test, a_session_is_finished_when_its_engine_ends_it) {
  start();
  auto engine = connect();
  auto session = spawn_study(engine, "s1").answer();
  end_spawned(engine, id_of_spawned(last_ticket)).answer();
  EXPECT_FALSE(tests.is_alive(session));
  EXPECT_THAT(research.finished, ElementsAre("s1"));
}

TEST_F(spawner_research_test, a_session_that_may_stay_goes_on_without_its_engine) {
  options.policy.stay = true;
  start();
  auto engine = connect();
  auto session = spawn_study(engine, "s1", true).answer();
  tests.end(engine.session);
  EXPECT_TRUE(tests.is_alive(session));
  EXPECT_THAT(research.finished, IsEmpty());
}

TEST_F(spawner_research_test, a_session_that_cannot_start_leaves_the_quota_as_it_was) {
  options.policy.quota = 1;
  research.failure = fail(ec::already_exists, "there is a session s1");
  start();
  auto engine = connect();
  expect_refused(spawn_study(engine, "s1"), ec::already_exists, "there is a session s1");
  tests.pass(defaults::load_interval);
  EXPECT_THAT(hive.loads, ElementsAre(0U));
  research.failure = {};
  EXPECT_NO_THROW(spawn_study(engine, "s2").answer());
}

TEST_F(spawner_research_test, a_session_counts_while_it_starts) {
  options.policy.quota = 1;
  research.hold = true;
  start();
  auto engine = connect();
  auto starting = spawn_study(engine, "s1");
  auto id = id_of_spawned(last_ticket);
  expect_refused(spawn(engine), ec::overloaded, "quota");
  expect_refused(end_spawned(engine, id), ec::not_found, id);
  release(research_actor_);
  EXPECT_TRUE(tests.is_alive(starting.answer()));
  EXPECT_NO_THROW(end_spawned(engine, id).answer());
}

TEST_F(spawner_research_test, a_session_whose_engine_is_gone_when_it_has_started_is_finished) {
  research.hold = true;
  options.policy.quota = 1;
  start();
  auto engine = connect();
  spawn_study(engine, "s1");
  tests.end(engine.session);
  EXPECT_THAT(research.finished, IsEmpty());
  release(research_actor_);
  EXPECT_THAT(research.finished, ElementsAre("s1"));
  EXPECT_NO_THROW(spawn(connect()).answer()) << "and counts no more";
}

TEST_F(spawner_research_test, a_session_that_does_not_start_in_time_leaves_the_quota_as_it_was) {
  options.policy.quota = 1;
  research.hold = true;
  start();
  auto engine = connect();
  auto starting = spawn_study(engine, "s1");
  tests.pass(defaults::research_timeout);
  EXPECT_EQ(code_of(starting.error()), ec::outcome_unknown);
  EXPECT_NO_THROW(spawn(engine).answer());
}

} // namespace
} // namespace hive
