#include "actors/timed_requests.hpp"

#include "tests/support/deterministic_system.hpp"
#include "tests/support/seed.hpp"

#include <deque>
#include <gmock/gmock.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::steady_clock::duration timeout = 60s;

// To the service: answer the oldest request that is held, or the newest one.
using answer_atom = caf::atom_constant<caf::atom("answer")>;
using newest_atom = caf::atom_constant<caf::atom("newest")>;

/// Answers even numbers at once, refuses 1, and holds the other odd ones until it is told to answer them.
struct service_state {
  std::deque<std::pair<caf::typed_response_promise<int>, int>> held;
};

caf::behavior service(caf::stateful_actor<service_state>* self) {
  auto& held = self->state.held;
  return {
    [self, &held](int number) -> caf::result<int> {
      if (number == 1)
        return fail(ec::busy, "1 is refused");
      if (number % 2 == 0)
        return number;
      held.emplace_back(self->make_response_promise<int>(), number);
      return held.back().first;
    },
    [&held](answer_atom) {
      if (held.empty())
        return;
      held.front().first.deliver(held.front().second);
      held.pop_front();
    },
    [&held](newest_atom) {
      if (held.empty())
        return;
      held.back().first.deliver(held.back().second);
      held.pop_back();
    },
  };
}

struct asker_state {
  explicit asker_state(caf::event_based_actor* self) : requests{self} {
  }

  timed_requests<caf::event_based_actor> requests;
};

class timed_requests_test : public testing::Test {
protected:
  ~timed_requests_test() override {
    tests.end(asker);
    tests.end(other);
  }

  /// How many deadlines the asker has.
  size_t open() {
    size_t out = 0;
    caf::anon_send(asker, test_task{[&out](caf::event_based_actor* self) { out = requests_of(self).open(); }});
    tests.run();
    return out;
  }

  static timed_requests<caf::event_based_actor>& requests_of(caf::event_based_actor* self) {
    return static_cast<caf::stateful_actor<asker_state>*>(self)->state.requests;
  }

  /// The asker asks `whom` for this number.
  void ask(int number, std::chrono::steady_clock::duration time = timeout, std::optional<caf::actor> whom = {}) {
    auto to = whom.value_or(other);
    auto owner = handlers; // both handlers share it, so it tells whether they are kept
    caf::anon_send(asker, test_task{[this, number, time, to, owner](caf::event_based_actor* self) {
                     requests_of(self)
                       .request(to, time, number)
                       .then([this, owner](int answer) { answers.push_back(answer); },
                             [this, owner, number](const caf::error& why) { errors.emplace_back(number, why); });
                   }});
    tests.run();
  }

  void tell(caf::atom_value what) {
    caf::anon_send(other, what);
    tests.run();
  }

  void expect_expired(const std::vector<int>& numbers) {
    std::vector<int> expired;
    for (const auto& [number, why] : errors) {
      EXPECT_EQ(why, caf::sec::request_timeout);
      EXPECT_EQ(code_of(why), ec::outcome_unknown);
      expired.push_back(number);
    }
    EXPECT_EQ(expired, numbers);
  }

  /// No handler and no deadline is kept, and no timer runs.
  void expect_nothing_left() {
    EXPECT_EQ(handlers.use_count(), 1);
    EXPECT_EQ(open(), 0U);
    EXPECT_FALSE(tests.has_pending_timeout());
  }

  std::vector<int> answers;
  std::vector<std::pair<int, caf::error>> errors; ///< with what was asked
  std::shared_ptr<int> handlers = std::make_shared<int>();
  deterministic_system tests;
  caf::actor other = tests.system().spawn<caf::hidden>(service);
  caf::actor asker = tests.system().spawn<caf::hidden>([](caf::stateful_actor<asker_state>* self) -> caf::behavior {
    return {[self](const test_task& what) { what.run(self); }};
  });
};

TEST_F(timed_requests_test, get_their_answers_and_their_refusals) {
  ask(2);
  ask(1);
  ask(4);
  EXPECT_THAT(answers, ElementsAre(2, 4));
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(text_of(errors[0].second), "1 is refused");
  tests.pass(timeout);
  EXPECT_EQ(answers.size() + errors.size(), 3U) << "nothing happens at the deadline";
  expect_nothing_left();
}

TEST_F(timed_requests_test, without_an_answer_end_at_their_deadline) {
  ask(3);
  tests.pass(timeout - 1ms);
  EXPECT_THAT(errors, IsEmpty());
  tests.pass(1ms);
  expect_expired({3});
  expect_nothing_left();
}

TEST_F(timed_requests_test, that_are_answered_late_have_ended) {
  ask(3);
  tests.pass(timeout);
  expect_expired({3});
  tell(answer_atom::value);
  ask(2);
  EXPECT_THAT(answers, ElementsAre(2)) << "the late answer is ignored, and taken for no other";
  expect_expired({3});
  tests.pass(timeout);
  expect_nothing_left();
}

TEST_F(timed_requests_test, whose_answer_waits_in_the_mailbox_at_the_deadline_have_it) {
  ask(3);
  caf::anon_send(other, answer_atom::value);
  tests.pass(timeout); // the service answers before the timer's message is handled
  EXPECT_THAT(answers, ElementsAre(3));
  EXPECT_THAT(errors, IsEmpty());
  expect_nothing_left();
}

TEST_F(timed_requests_test, to_an_actor_that_has_ended_fail_at_once) {
  tests.end(other);
  ask(3);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(code_of(errors[0].second), ec::unavailable);
}

TEST_F(timed_requests_test, to_an_actor_that_ends_while_it_holds_them_end_at_their_deadline) {
  ask(3);
  tests.end(other);
  tests.pass(timeout - 1ms);
  EXPECT_THAT(errors, IsEmpty()) << "CAF tells nothing of it";
  tests.pass(1ms);
  expect_expired({3});
  expect_nothing_left();
}

TEST_F(timed_requests_test, to_nobody_fail_at_once) {
  ask(3, timeout, caf::actor{});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].second, caf::sec::invalid_argument);
}

TEST_F(timed_requests_test, without_a_timeout_wait_and_need_no_timer) {
  ask(3, no_timeout);
  EXPECT_FALSE(tests.has_pending_timeout());
  tests.pass(1000 * timeout);
  tell(answer_atom::value);
  EXPECT_THAT(answers, ElementsAre(3));
  expect_nothing_left();
}

TEST_F(timed_requests_test, with_different_timeouts_end_in_the_order_of_their_deadlines) {
  ask(3, 60s);
  ask(5, 10s);
  ask(7, 30s);
  tests.pass(10s);
  expect_expired({5});
  tests.pass(20s);
  expect_expired({5, 7});
  tests.pass(30s);
  expect_expired({5, 7, 3});
  expect_nothing_left();
}

/// CAF would keep 10,000 timeouts.
TEST_F(timed_requests_test, that_are_answered_leave_one_timer_however_many_they_were) {
  for (int i = 0; i < 10'000; ++i)
    ask(2);
  EXPECT_EQ(answers.size(), 10'000U);
  EXPECT_EQ(tests.pending_timeouts(), 1U);
  EXPECT_EQ(open(), 0U);
  EXPECT_EQ(handlers.use_count(), 1);
  tests.pass(timeout);
  EXPECT_THAT(errors, IsEmpty());
  expect_nothing_left();
}

TEST_F(timed_requests_test, that_are_many_each_end_once) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  size_t asked = 0;
  for (int i = 0; i < 5'000; ++i) {
    switch (random() % 8) {
    case 0:
      tell(answer_atom::value); // may be late
      break;
    case 1:
      tell(newest_atom::value);
      break;
    case 2:
      tests.pass(std::chrono::milliseconds{random() % 2'000});
      break;
    default:
      ask(static_cast<int>(random() % 1'000'000), std::chrono::milliseconds{random() % 60'000});
      ++asked;
    }
    ASSERT_LE(answers.size() + errors.size(), asked);
  }
  tests.pass(timeout + deadline_queue<int>::slack);
  EXPECT_EQ(answers.size() + errors.size(), asked);
  expect_nothing_left();
}

TEST_F(timed_requests_test, end_with_their_actor) {
  ask(3);
  ask(5);
  EXPECT_GT(handlers.use_count(), 1);
  tests.end(asker);
  EXPECT_EQ(handlers.use_count(), 1) << "the handlers are gone with the actor";
  tests.pass(timeout);
  tell(answer_atom::value);
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_THAT(errors, IsEmpty());
}

} // namespace
} // namespace hive
