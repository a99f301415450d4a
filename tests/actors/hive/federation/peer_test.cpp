#include "actors/hive/federation/peer.hpp"

#include "actors/defaults.hpp"
#include "messages/engine.capnp.h"
#include "tests/support/deterministic_system.hpp"

#include <deque>
#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using release_atom = caf::atom_constant<caf::atom("release")>;

/// A question that its root tells from others.
msg<wire::GossipQuestion> question(const std::string& root) {
  return msg<wire::GossipQuestion>::build([&](wire::GossipQuestion::Builder out) {
    out.setRoot({reinterpret_cast<const kj::byte*>(root.data()), root.size()});
  });
}

/// An answer that its clock tells from others.
msg<wire::GossipAnswer> answer(int64_t clock) {
  return msg<wire::GossipAnswer>::build([&](wire::GossipAnswer::Builder out) { out.setClock(clock); });
}

/// Somebody who is asked: the owner, or the other node.
struct asked_state {
  std::vector<std::string> questions;
  std::deque<caf::expected<msg<wire::GossipAnswer>>> answers; ///< the next ones; without any, it holds its answer back
  std::deque<caf::typed_response_promise<msg<wire::GossipAnswer>>> held;

  caf::result<msg<wire::GossipAnswer>> ask(caf::event_based_actor* self, const msg<wire::GossipQuestion>& what) {
    auto root = what->getRoot();
    questions.emplace_back(root.begin(), root.end());
    auto promise = self->make_response_promise<msg<wire::GossipAnswer>>();
    held.push_back(promise);
    if (!answers.empty())
      release();
    return promise;
  }

  void release() {
    auto promise = std::move(held.front());
    held.pop_front();
    auto next = std::move(answers.front());
    answers.pop_front();
    next ? promise.deliver(*next) : promise.deliver(next.error());
  }
};

struct owner_state : asked_state {
  std::vector<answer_received> received;
  std::vector<std::string> events;
};

caf::behavior owner_stub(caf::event_based_actor* self, owner_state* state) {
  fail_on_unexpected(self);
  return {
    [self, state](const question_received& what) {
      state->events.push_back("question of " + what.from.value);
      return state->ask(self, what.question);
    },
    [state](const answer_received& what) { state->received.push_back(what); },
    [state](const close_received& what) { state->events.push_back("close of " + what.from.value); },
    [state](const malformed_received& what) {
      state->events.push_back(std::to_string(what.messages) + " malformed of " + what.from.value);
    },
    [state](release_atom) { state->release(); },
  };
}

caf::behavior other_node_stub(caf::event_based_actor* self, asked_state* state) {
  fail_on_unexpected(self);
  return {
    [self, state](const msg<wire::GossipQuestion>& what) { return state->ask(self, what); },
    [state](release_atom) { state->release(); },
  };
}

class peer_test : public testing::Test {
protected:
  peer_test() {
    caf::anon_send(actor, link_up{far, {}, caf::actor_cast<link_actor>(other_actor)});
    tests.run();
  }

  ~peer_test() override {
    owner.held.clear();
    other.held.clear();
    tests.end(actor);
  }

  test_reply<msg<wire::GossipAnswer>> be_asked(const std::string& root) {
    return tests.ask<msg<wire::GossipAnswer>>(actor, question(root));
  }

  void ask_other(const std::string& root) {
    caf::anon_send(actor, ask_peer{question(root)});
    tests.run();
  }

  /// The owner or the other node answers its oldest open question.
  void release(const caf::actor& who, asked_state& state, caf::expected<msg<wire::GossipAnswer>> with) {
    state.answers.push_back(std::move(with));
    caf::anon_send(who, release_atom::value);
    tests.run();
  }

  /// A question that the other node leaves without an answer.
  void ask_in_vain() {
    ask_other("vain");
    tests.pass(defaults::gossip_timeout);
    other.held.clear();
  }

  const node_id far{"far"};
  deterministic_system tests;
  owner_state owner;
  asked_state other;
  caf::actor owner_actor = tests.system().spawn<caf::hidden>(owner_stub, &owner);
  caf::actor other_actor = tests.system().spawn<caf::hidden>(other_node_stub, &other);
  peer_actor actor = spawn_peer(tests.system(), {caf::actor_cast<peer_owner_actor>(owner_actor)}, {far});
};

TEST_F(peer_test, answers_pings_itself) {
  auto ping = msg<wire::Ping>::build([](wire::Ping::Builder out) { out.initPayload(3)[2] = 'x'; });
  EXPECT_TRUE(tests.ask<msg<wire::Pong>>(actor, ping).answer()->getPayload() == ping->getPayload());
  EXPECT_THAT(owner.events, IsEmpty());
}

// -- questions of the other node -------------------------------------------------

TEST_F(peer_test, answers_questions_as_its_owner_does) {
  owner.answers = {answer(7), fail(ec::malformed, "a bad digest")};
  EXPECT_EQ(be_asked("a").answer()->getClock(), 7);
  expect_refused(be_asked("b"), ec::malformed, "a bad digest");
  EXPECT_THAT(owner.questions, ElementsAre("a", "b"));
  EXPECT_THAT(owner.events, ElementsAre("question of far", "question of far"));
}

TEST_F(peer_test, answers_one_question_at_a_time) {
  auto first = be_asked("a");
  expect_refused(be_asked("b"), ec::overloaded, "a question of node far is being answered already");
  EXPECT_THAT(owner.questions, ElementsAre("a"));
  release(owner_actor, owner, answer(7));
  EXPECT_EQ(first.answer()->getClock(), 7);
  auto next = be_asked("c");
  release(owner_actor, owner, fail(ec::malformed, "a bad digest"));
  expect_refused(next, ec::malformed, "a bad digest");
  EXPECT_TRUE(be_asked("d").is_pending());
  EXPECT_THAT(owner.questions, ElementsAre("a", "c", "d"));
}

/// The other node has a timeout of its own; a late owner is not given more questions.
TEST_F(peer_test, takes_no_further_question_until_its_owner_has_answered) {
  auto first = be_asked("a");
  tests.pass(defaults::gossip_timeout);
  expect_refused(be_asked("b"), ec::overloaded, "a question of node far is being answered already");
  release(owner_actor, owner, answer(7));
  EXPECT_EQ(first.answer()->getClock(), 7);
  EXPECT_TRUE(be_asked("c").is_pending());
}

/// A slow owner does not keep this node from asking, nor the other way round.
TEST_F(peer_test, asks_while_it_answers) {
  auto open = be_asked("a");
  other.answers = {answer(8)};
  ask_other("b");
  ASSERT_EQ(owner.received.size(), 1U);
  EXPECT_EQ((*owner.received[0].answer)->getClock(), 8);
  EXPECT_TRUE(open.is_pending());
}

// -- questions to the other node -------------------------------------------------

TEST_F(peer_test, reports_answers_and_errors_of_the_other_node) {
  other.answers = {answer(7), fail(ec::overloaded, "busy")};
  ask_other("a");
  ask_other("b");
  EXPECT_THAT(other.questions, ElementsAre("a", "b"));
  ASSERT_EQ(owner.received.size(), 2U);
  for (const auto& each : owner.received) {
    EXPECT_EQ(each.from, far);
    EXPECT_EQ(each.sent_bytes, question("a").bytes().size());
  }
  EXPECT_EQ((*owner.received[0].answer)->getClock(), 7);
  EXPECT_EQ(code_of(owner.received[1].answer.error()), ec::overloaded);
}

TEST_F(peer_test, ends_after_several_unanswered_questions_in_a_row) {
  for (uint32_t i = 1; i < defaults::max_unanswered_questions; ++i)
    ask_in_vain();
  EXPECT_TRUE(tests.is_alive(actor));
  other.answers = {answer(7)};
  ask_other("answered");
  for (uint32_t i = 1; i < defaults::max_unanswered_questions; ++i)
    ask_in_vain();
  EXPECT_TRUE(tests.is_alive(actor)) << "they were not in a row";
  auto reported = owner.received.size();
  ask_in_vain();
  auto end = tests.end_of(actor);
  ASSERT_TRUE(end);
  EXPECT_EQ(code_of(*end), ec::timed_out);
  EXPECT_EQ(text_of(*end), "the other node left 2 questions in a row without an answer");
  EXPECT_EQ(owner.received.size(), reported + 1) << "the last one too is reported";
  EXPECT_EQ(owner.received.back().answer.error(), caf::sec::request_timeout);
}

TEST_F(peer_test, goes_on_however_often_the_other_node_refuses) {
  for (uint32_t i = 0; i < 10 * defaults::max_unanswered_questions; ++i) {
    other.answers = {fail(ec::overloaded, "busy")};
    ask_other("a");
  }
  EXPECT_TRUE(tests.is_alive(actor));
  EXPECT_EQ(owner.received.size(), 10 * defaults::max_unanswered_questions);
}

/// A refusal came over the connection, so that is not at fault.
TEST_F(peer_test, a_refusal_between_unanswered_questions_counts_as_an_answer) {
  for (uint32_t i = 1; i < defaults::max_unanswered_questions; ++i)
    ask_in_vain();
  other.answers = {fail(ec::overloaded, "still answering the question before")};
  ask_other("refused");
  for (uint32_t i = 1; i < defaults::max_unanswered_questions; ++i)
    ask_in_vain();
  EXPECT_TRUE(tests.is_alive(actor));
  ask_in_vain();
  EXPECT_FALSE(tests.is_alive(actor));
}

// -- requests to spawn -------------------------------------------------------------

/// The spawner of this node: what it was asked, by whom, over which link.
struct spawner_state {
  std::vector<std::string> asked;
  std::vector<caf::actor_addr> askers;
};

caf::behavior spawner_stub(caf::event_based_actor* self, spawner_state* state) {
  fail_on_unexpected(self);
  auto note = [self, state](const std::string& what, const node_id& node) {
    state->asked.push_back(what + " over " + node.value);
    state->askers.push_back(caf::actor_cast<caf::actor_addr>(self->current_sender()));
  };
  return {
    [note](const link_request<wire::SpawnAdapter>& what) -> caf::result<adapter_actor> {
      note("adapter", what.node);
      return fail(ec::overloaded, "the quota");
    },
    [note](const link_request<wire::SpawnResearch>& what) -> caf::result<research_session_actor> {
      note("session", what.node);
      return fail(ec::overloaded, "the quota");
    },
    [note](const link_request<wire::EndSpawned>& what) {
      note("end of " + std::string{what.request->getId().cStr()} + " of " + what.request->getEngine().cStr(),
           what.node);
      return msg<wire::SpawnedEnded>::build([](wire::SpawnedEnded::Builder out) { out.setId("a"); });
    },
  };
}

TEST_F(peer_test, refuses_to_spawn_before_the_node_can) {
  expect_refused(tests.ask<adapter_actor>(actor, msg<wire::SpawnAdapter>{}), ec::unavailable, "spawns nothing yet");
  expect_refused(tests.ask<research_session_actor>(actor, msg<wire::SpawnResearch>{}), ec::unavailable, "nothing yet");
  expect_refused(tests.ask<msg<wire::SpawnedEnded>>(actor, msg<wire::EndSpawned>{}), ec::unavailable, "nothing yet");
}

/// The spawner must see who asks, because what it spawns ends with that actor.
TEST_F(peer_test, passes_requests_to_spawn_on_in_the_name_of_who_asks) {
  spawner_state state;
  auto spawner = tests.system().spawn<caf::hidden>(spawner_stub, &state);
  caf::anon_send(actor, spawning_started{caf::actor_cast<link_spawner_actor>(spawner)});
  tests.run();
  auto asker = tests.spawn_requester();
  expect_refused(tests.ask_as<adapter_actor>(asker, actor, msg<wire::SpawnAdapter>{}), ec::overloaded, "the quota");
  expect_refused(tests.ask_as<research_session_actor>(asker, actor, msg<wire::SpawnResearch>{}), ec::overloaded,
                 "the quota");
  auto end = msg<wire::EndSpawned>::build([](wire::EndSpawned::Builder out) {
    out.setId("a");
    out.setEngine("engine7");
  });
  EXPECT_STREQ(tests.ask_as<msg<wire::SpawnedEnded>>(asker, actor, end).answer()->getId().cStr(), "a");
  EXPECT_THAT(state.asked, ElementsAre("adapter over far", "session over far", "end of a of engine7 over far"));
  EXPECT_THAT(state.askers, testing::Each(asker.address()));
}

// -- other messages --------------------------------------------------------------

TEST_F(peer_test, passes_a_close_on) {
  caf::anon_send(actor, msg<wire::Farewell>{});
  tests.run();
  EXPECT_THAT(owner.events, ElementsAre("close of far"));
  EXPECT_TRUE(tests.is_alive(actor)) << "its link ends it";
}

TEST_F(peer_test, reports_malformed_messages_to_its_owner) {
  auto untyped = caf::actor_cast<caf::actor>(actor);
  expect_refused(tests.ask<msg<wire::Pong>>(untyped, std::string{"?"}), ec::malformed, "could not be read");
  expect_refused(tests.ask<msg<wire::Pong>>(untyped, caf::message{}), ec::malformed, "could not be read");
  EXPECT_THAT(owner.events, ElementsAre("1 malformed of far", "1 malformed of far"));
  owner.answers = {answer(7)};
  EXPECT_NO_THROW(be_asked("a").answer()) << "and serves on";
}

/// Whatever is sent, the owner hears no more than it can stand.
TEST_F(peer_test, reports_many_malformed_messages_at_a_bounded_rate) {
  auto untyped = caf::actor_cast<caf::actor>(actor);
  for (uint32_t i = 0; i < 10'000; ++i)
    caf::anon_send(untyped, i);
  tests.run();
  EXPECT_GE(owner.events.size(), defaults::refusal_log_burst);
  EXPECT_LT(owner.events.size(), 10'000U);
}

} // namespace
} // namespace hive
