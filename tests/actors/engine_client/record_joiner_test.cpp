#include "actors/engine_client/record_joiner.hpp"

#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/install.capnp.h"
#include "messages/research.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"
#include "tests/support/deterministic_system.hpp"

#include <gmock/gmock.h>
#include <list>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using answer = msg<wire::TasksRecorded>;

/// internal: answers the oldest open request of the session.
struct answer_oldest {
  caf::error refusal;
};

/// What the session was asked.
struct session_state {
  std::vector<std::string> asked; ///< the tools of each message
  std::list<std::pair<caf::typed_response_promise<answer>, uint32_t>> open;
};

} // namespace
} // namespace hive

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(hive::answer_oldest)

namespace hive {
namespace {

caf::behavior session_with_records(caf::event_based_actor* self, session_state* state) {
  fail_on_unexpected(self);
  return {
    [=](const msg<wire::RecordTasks>& what) -> caf::result<answer> {
      std::string tools;
      for (auto task : what->getTasks())
        tools += as_view(task.getToolName());
      state->asked.push_back(tools);
      state->open.emplace_back(self->make_response_promise<answer>(), what->getTasks().size());
      return state->open.back().first;
    },
    [=](const answer_oldest& how) {
      auto [promise, records] = state->open.front();
      state->open.pop_front();
      if (how.refusal)
        promise.deliver(how.refusal);
      else
        promise.deliver(answer::build([count = records](wire::TasksRecorded::Builder out) { out.setRecorded(count); }));
    },
  };
}

msg<wire::RecordTasks> one_record(const std::string& tool, const std::string& source = {}) {
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    out.setSource(source);
    auto task = out.initTasks(1)[0];
    task.setTaskType("task");
    task.setToolName(tool);
    task.setCompletionTimeS(1);
    task.setSuccess(true);
  });
}

class record_joiner_test : public testing::Test {
protected:
  ~record_joiner_test() override {
    state.open.clear();
    tests.end(joiner);
    tests.end(session);
  }

  test_reply<answer> record(const std::string& tool, const std::string& source = {}) {
    return tests.ask<answer>(joiner, one_record(tool, source));
  }

  void node_answers(const caf::error& refusal = {}) {
    caf::anon_send(session, answer_oldest{refusal});
    tests.run();
  }

  /// The node answers after the given time.
  void node_answers_after(caf::timespan time) {
    tests.pass(time);
    node_answers();
  }

  deterministic_system tests;
  session_state state;
  caf::actor session = tests.system().spawn(session_with_records, &state);
  record_joiner_actor joiner =
    spawn_record_joiner(tests.system(), {caf::actor_cast<engine_session_actor>(session), 10s, 1ms, 4, 10});
};

TEST_F(record_joiner_test, a_caller_alone_never_waits) {
  for (const char* tool : {"a", "b", "c"}) {
    auto reply = record(tool);
    EXPECT_EQ(state.asked.back(), tool) << "without any time";
    EXPECT_TRUE(reply.is_pending()) << "until the node has answered";
    node_answers_after(2ms);
    EXPECT_EQ(reply.answer()->getRecorded(), 1U);
  }
}

TEST_F(record_joiner_test, what_comes_while_a_message_is_under_way_travels_together) {
  auto a = record("a"), b = record("b"), c = record("c");
  EXPECT_THAT(state.asked, ElementsAre("a"));
  node_answers_after(10ms);
  EXPECT_EQ(a.answer()->getRecorded(), 1U);
  // Three callers: the one that was answered may come back.
  EXPECT_THAT(state.asked, ElementsAre("a"));
  auto d = record("d");
  EXPECT_THAT(state.asked, ElementsAre("a", "bcd"));
  node_answers_after(10ms);
  for (const auto& each : {b, c, d})
    EXPECT_EQ(each.answer()->getRecorded(), 1U);
}

TEST_F(record_joiner_test, waits_for_callers_that_do_not_come_back_no_longer_than_it_was_told_to) {
  record("a");
  auto b = record("b");
  node_answers_after(10ms);
  tests.pass(999us);
  EXPECT_THAT(state.asked, ElementsAre("a"));
  tests.pass(1us);
  EXPECT_THAT(state.asked, ElementsAre("a", "b"));
  node_answers_after(100us);
  EXPECT_EQ(b.answer()->getRecorded(), 1U);
}

TEST_F(record_joiner_test, waits_at_most_half_as_long_as_the_node_took) {
  record("a");
  record("b");
  node_answers_after(100us);
  tests.pass(49us);
  EXPECT_THAT(state.asked, ElementsAre("a"));
  tests.pass(1us);
  EXPECT_THAT(state.asked, ElementsAre("a", "b"));
}

TEST_F(record_joiner_test, an_error_of_the_node_reaches_all_that_travelled_together_and_nobody_else) {
  auto a = record("a"), b = record("b"), c = record("c");
  node_answers_after(10ms);
  tests.pass(1ms);
  auto d = record("d");
  node_answers(fail(ec::storage_failed, "the disk is full"));
  EXPECT_EQ(a.answer()->getRecorded(), 1U);
  for (const auto& each : {b, c})
    expect_refused(each, ec::storage_failed, "the disk is full");
  EXPECT_TRUE(d.is_pending());
  tests.pass(1ms);
  node_answers();
  EXPECT_EQ(d.answer()->getRecorded(), 1U);
}

TEST_F(record_joiner_test, records_that_no_node_takes_are_refused_and_harm_no_others) {
  auto a = record("a"), b = record("b");
  expect_refused(record(std::string(129, 'x')), ec::invalid, "/tasks/0/tool_name");
  node_answers_after(10ms);
  tests.pass(1ms);
  EXPECT_THAT(state.asked, ElementsAre("a", "b"));
  node_answers();
  EXPECT_EQ(b.answer()->getRecorded(), 1U);
}

TEST_F(record_joiner_test, rows_of_a_source_travel_alone_and_in_their_order) {
  record("a");
  record("b");
  record("s", "imported");
  record("c");
  EXPECT_THAT(state.asked, ElementsAre("a", "b", "s"));
  for (int i = 0; i < 3; ++i)
    node_answers();
  tests.pass(1ms);
  EXPECT_THAT(state.asked, ElementsAre("a", "b", "s", "c"));
}

TEST_F(record_joiner_test, neither_a_message_nor_the_waiting_records_grow_without_bound) {
  record("a");
  for (const char* tool : {"b", "c", "d", "e"})
    record(tool);
  EXPECT_THAT(state.asked, ElementsAre("a", "bcde")) << "a full message does not wait for an answer";
  for (const char* tool : {"f", "g", "h", "i", "j"})
    record(tool);
  EXPECT_THAT(state.asked, ElementsAre("a", "bcde", "fghi"));
  expect_refused(record("k"), ec::overloaded, "10 task records wait");
  node_answers_after(1ms);
  EXPECT_TRUE(record("k").is_pending()) << "there is room again";
}

TEST_F(record_joiner_test, sends_what_waits_before_it_says_that_all_is_settled) {
  record("a");
  auto b = record("b");
  auto settled = tests.ask<caf::ok_atom>(joiner, settle_atom::value);
  EXPECT_THAT(state.asked, ElementsAre("a", "b"));
  node_answers();
  EXPECT_TRUE(settled.is_pending());
  node_answers();
  EXPECT_EQ(b.answer()->getRecorded(), 1U);
  EXPECT_NO_THROW(settled.answer());
  EXPECT_NO_THROW(tests.ask<caf::ok_atom>(joiner, settle_atom::value).answer()) << "nothing waits";
}

TEST_F(record_joiner_test, ends_with_its_connection_and_tells_what_may_have_arrived) {
  auto a = record("a"), b = record("b");
  auto settled = tests.ask<caf::ok_atom>(joiner, settle_atom::value);
  auto c = record("c");
  tests.end(session);
  expect_refused(a, ec::outcome_unknown, "connection with the node was lost");
  expect_refused(b, ec::outcome_unknown, "connection with the node was lost");
  expect_refused(c, ec::unavailable, "were not sent");
  EXPECT_NO_THROW(settled.answer());
  EXPECT_FALSE(tests.is_alive(joiner));
}

TEST_F(record_joiner_test, a_record_that_the_node_never_answers_for_fails_in_time) {
  auto a = record("a");
  tests.pass(10s);
  EXPECT_EQ(a.error(), caf::sec::request_timeout);
}

} // namespace
} // namespace hive
