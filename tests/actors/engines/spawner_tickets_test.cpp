#include "messages/timestamp.hpp"
#include "tests/actors/engines/spawner_scene.hpp"

// Tickets that a node issues and those that it accepts.

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class spawner_tickets_test : public spawner_scene {
protected:
  void expect_nothing_spawned() {
    EXPECT_THAT(adapters, IsEmpty());
    EXPECT_THAT(research.started, IsEmpty());
    tests.pass(defaults::load_interval);
    EXPECT_THAT(hive.loads, ElementsAre(0U));
  }
};

// -- issuing ---------------------------------------------------------------------

TEST_F(spawner_tickets_test, a_ticket_is_issued_for_an_active_node) {
  start();
  auto spec = echo();
  auto given = request_ticket(connect(), spec, far.value).answer();
  EXPECT_EQ(as_view(given->getAddress()), "127.0.0.1:1");
  auto claims = check_ticket(*given, {far, engine7, *spec, now_unix_micros()});
  ASSERT_TRUE(claims) << text_of(claims.error());
  EXPECT_EQ(claims->issuer, here);
  EXPECT_THAT(hive.queried, ElementsAre(far.value)) << "one node, not the whole list";
}

TEST_F(spawner_tickets_test, a_ticket_for_any_node_is_for_the_least_loaded_with_the_labels) {
  hive.nodes[0].spawned = 2;
  hive.nodes[1].labels = {"big"};
  start();
  auto target = [&](const std::vector<std::string>& labels) {
    return read_ticket(*request_ticket(connect(), echo(), "", labels).answer())->target;
  };
  EXPECT_EQ(target({}), far);
  EXPECT_EQ(target({"big"}), far);
  EXPECT_EQ(target({}), here) << "two tickets for the other node count as load there; of equals, this node is chosen";
}

TEST_F(spawner_tickets_test, what_the_policy_excludes_gets_no_ticket) {
  options.policy.research = false;
  start();
  expect_refused(request_ticket(connect(), study("s1"), far.value), ec::forbidden, "engines.allow");
  expect_refused(request_ticket(connect(), msg<wire::SpawnSpec>{}, far.value), ec::invalid, "exactly one");
  EXPECT_THAT(hive.queried, IsEmpty());
}

TEST_F(spawner_tickets_test, a_node_that_cannot_be_used_gets_no_ticket) {
  hive.nodes.push_back({"gone", wire::MemberState::STALE});
  hive.nodes.push_back({"closed", wire::MemberState::ACTIVE, {}, 0, ""});
  start();
  auto engine = connect();
  expect_refused(request_ticket(engine, echo(), "nowhere"), ec::not_found, "no node nowhere");
  expect_refused(request_ticket(engine, echo(), "gone"), ec::unavailable, "gone");
  expect_refused(request_ticket(engine, echo(), "closed"), ec::unavailable, "closed");
  expect_refused(request_ticket(engine, echo(), far.value, {"big"}), ec::not_found, "big");
  expect_refused(request_ticket(engine, echo(), "", {"big"}), ec::not_found, "big");
}

TEST_F(spawner_tickets_test, a_failure_of_the_hive_reaches_the_engine) {
  hive.failure = fail(ec::unavailable, "the hive is away");
  start();
  expect_refused(request_ticket(connect(), echo()), ec::unavailable, "the hive is away");
  auto spec = echo();
  auto shown = ticket(spec);
  expect_refused(show(connect(), shown, spec), ec::unavailable, "the hive is away");
  hive.failure = {};
  EXPECT_NO_THROW(show(connect(), shown, spec).answer()) << "and the ticket was not used";
}

TEST_F(spawner_tickets_test, a_hive_that_does_not_answer_is_given_up_in_time) {
  hive.hold = true;
  start();
  auto requested = request_ticket(connect(), echo());
  auto spec = echo();
  auto shown = show(connect(), ticket(spec), spec);
  EXPECT_TRUE(requested.is_pending() && shown.is_pending());
  tests.pass(defaults::request_timeout);
  EXPECT_EQ(code_of(requested.error()), ec::outcome_unknown);
  EXPECT_EQ(code_of(shown.error()), ec::outcome_unknown);
  release(hive_actor); // too late
  expect_nothing_spawned();
}

// -- using -----------------------------------------------------------------------

TEST_F(spawner_tickets_test, a_ticket_of_this_node_or_an_active_one_spawns_its_spec) {
  start();
  auto engine = connect();
  auto spec = echo();
  auto first = show(engine, ticket(spec), spec).answer();
  auto own = request_ticket(engine, spec, here.value).answer();
  auto second_one = show(engine, own, spec).answer();
  EXPECT_THAT(adapters, ElementsAre(first, second_one));
  EXPECT_THAT(specs, ElementsAre("echo", "echo"));
}

TEST_F(spawner_tickets_test, a_ticket_is_good_for_one_use) {
  start();
  auto engine = connect();
  auto spec = echo();
  auto good = ticket(spec);
  show(engine, good, spec).answer();
  expect_refused(show(engine, good, spec), ec::forbidden, "used before");
  expect_refused(show(connect(), good, spec), ec::forbidden, "used before");
  EXPECT_EQ(adapters.size(), 1U);
}

/// Both uses pass the first checks before the hive answers.
TEST_F(spawner_tickets_test, a_ticket_shown_twice_at_once_is_used_once) {
  hive.hold = true;
  start();
  auto engine = connect();
  auto spec = echo();
  auto good = ticket(spec);
  auto first = show(engine, good, spec), again = show(engine, good, spec);
  release(hive_actor);
  EXPECT_EQ(first.answer(), adapters.at(0));
  expect_refused(again, ec::forbidden, "used before");
}

TEST_F(spawner_tickets_test, a_ticket_that_does_not_fit_is_refused_and_stays_unused) {
  start();
  auto spec = echo();
  auto good = ticket(spec);
  expect_refused(show(connect(engine8), good, spec), ec::forbidden, "for another engine");
  auto renewed = engine7;
  renewed.fingerprint = engine8.fingerprint;
  expect_refused(show(connect(renewed), good, spec), ec::forbidden, "another certificate");
  expect_refused(show(connect(), good, echo(true)), ec::forbidden, "something else");
  auto elsewhere = issue_ticket(keys_of(2), engine7, far, *spec, "", now_unix_micros());
  expect_refused(show(connect(), elsewhere, spec), ec::forbidden, "for node " + far.value);
  expect_refused(show(connect(), ticket(spec, now_unix_micros() - 60 * micros_per_s), spec), ec::forbidden, "expired");
  expect_refused(show(connect(), ticket(spec, now_unix_micros() + 60 * micros_per_s), spec), ec::forbidden,
                 "no ticket of this time");
  auto forged = msg<wire::SpawnTicket>::build([&](wire::SpawnTicket::Builder out) {
    out.setContent(good->getContent());
    out.setSignature(good->getSignature());
    out.getSignature()[5] ^= 1;
  });
  expect_refused(show(connect(), forged, spec), ec::integrity_violated, "signature");
  expect_refused(show(connect(), msg<wire::SpawnTicket>{}, spec), ec::malformed, "ticket");
  EXPECT_THAT(hive.queried, IsEmpty()) << "none of them was worth a question";
  expect_nothing_spawned();
  EXPECT_NO_THROW(show(connect(), good, spec).answer());
}

TEST_F(spawner_tickets_test, an_issuer_outside_the_hive_is_refused) {
  start();
  auto spec = echo();
  auto of_stranger = issue_ticket(keys_of(9), engine7, here, *spec, "", now_unix_micros());
  expect_refused(show(connect(), of_stranger, spec), ec::forbidden, "no node of this hive");
  hive.nodes[1].state = wire::MemberState::DEAD;
  auto good = ticket(spec);
  expect_refused(show(connect(), good, spec), ec::forbidden, "not active");
  expect_nothing_spawned();
  hive.nodes[1].state = wire::MemberState::ACTIVE;
  EXPECT_NO_THROW(show(connect(), good, spec).answer()) << "it is back in time";
}

TEST_F(spawner_tickets_test, the_policy_of_the_target_is_the_last_word) {
  start();
  auto other_program = echo(false, "/bin/sh");
  expect_refused(show(connect(), ticket(other_program), other_program), ec::forbidden, "engines.commands");
  auto staying = echo(true);
  expect_refused(show(connect(), ticket(staying), staying), ec::forbidden, "engines.stay_allowed");
  expect_nothing_spawned();
}

TEST_F(spawner_tickets_test, each_request_spawns_what_it_is_for) {
  start();
  auto adapter = echo(), session = study("s1");
  auto as_research = show<wire::SpawnResearch, research_session_actor>(connect(), ticket(adapter), adapter);
  expect_refused(as_research, ec::invalid, "spec.research");
  expect_refused(show(connect(), ticket(session), session), ec::invalid, "spec.adapter");
  expect_nothing_spawned();
}

TEST_F(spawner_tickets_test, a_ticket_that_the_quota_refuses_is_good_once_there_is_room) {
  options.policy.quota = 1;
  start();
  auto engine = connect();
  spawn(engine).answer();
  auto spec = echo();
  auto good = ticket(spec);
  expect_refused(show(engine, good, spec), ec::overloaded, "quota");
  expect_refused(show(engine, good, spec), ec::overloaded, "quota");
  tests.end(adapters.at(0));
  EXPECT_NO_THROW(show(engine, good, spec).answer());
  expect_refused(show(engine, good, spec), ec::forbidden, "used before");
  EXPECT_EQ(adapters.size(), 2U);
}

TEST_F(spawner_tickets_test, a_ticket_for_a_session_that_cannot_start_is_used_up) {
  research.failure = fail(ec::already_exists, "there is a session s1");
  start();
  auto engine = connect();
  auto spec = study("s1");
  auto good = ticket(spec);
  auto shown = [&] { return show<wire::SpawnResearch, research_session_actor>(engine, good, spec); };
  expect_refused(shown(), ec::already_exists, "there is a session s1");
  expect_refused(shown(), ec::forbidden, "used before");
}

// -- restarts --------------------------------------------------------------------

TEST_F(spawner_tickets_test, the_first_spawner_of_a_node_takes_earlier_tickets) {
  auto spec = echo();
  auto before = ticket(spec, now_unix_micros() - micros_per_s);
  start();
  EXPECT_NO_THROW(show(connect(), before, spec).answer());
}

TEST_F(spawner_tickets_test, a_later_spawner_takes_only_tickets_that_no_earlier_one_can_have_seen) {
  constexpr int64_t skew = std::chrono::microseconds{defaults::ticket_clock_skew}.count();
  options.is_first = false;
  auto spec = echo();
  auto before = ticket(spec);
  start();
  expect_refused(show(connect(), before, spec), ec::unavailable, "has started again");
  expect_refused(show(connect(), ticket(spec), spec), ec::unavailable, "5 s after the start");
  auto own_before = issue_ticket(options.keys, engine7, here, *spec, "", now_unix_micros() - micros_per_s);
  expect_refused(show(connect(), own_before, spec), ec::unavailable, "has started again");
  expect_nothing_spawned();
  // Another node's clock may be ahead by the skew; this node's tickets carry the time of its own clock.
  EXPECT_NO_THROW(show(connect(), ticket(spec, now_unix_micros() + skew), spec).answer());
  auto own_after = issue_ticket(options.keys, engine7, here, *spec, "", now_unix_micros() + micros_per_s);
  EXPECT_NO_THROW(show(connect(), own_after, spec).answer());
}

} // namespace
} // namespace hive
