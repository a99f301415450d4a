#include "actors/benchmark/blocking_adapter.hpp"

#include "actors/benchmark/metric_list.hpp"
#include "actors/defaults.hpp"
#include "tests/support/test_system.hpp"

#include <atomic>
#include <gmock/gmock.h>
#include <memory>
#include <semaphore>
#include <thread>

namespace hive {
namespace {

using ::testing::HasSubstr;

/// Work that blocks until its limit ends it, and signals when it begins and when it ends.
struct blocker : std::enable_shared_from_this<blocker> {
  std::counting_semaphore<1000> entered{0};
  std::counting_semaphore<1000> left{0};

  blocking_measurement measurement() {
    return [self = shared_from_this()](const msg<wire::MeasureRequest>&,
                                       const work_limit& limit) -> caf::expected<msg<wire::Measurement>> {
      self->entered.release();
      while (!limit.check())
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
      auto error = limit.check();
      self->left.release();
      return error;
    };
  }
};

class blocking_adapter_test : public ::testing::Test {
protected:
  adapter_actor spawn(blocking_measurement measure, std::chrono::milliseconds timeout = std::chrono::hours{1}) {
    return spawn_blocking_adapter(tests.system(), {"test", timeout, std::move(measure)});
  }

  void TearDown() override {
    caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
  }

  test_system tests;
  adapter_actor adapter;
  msg<wire::MeasureRequest> request;
};

TEST_F(blocking_adapter_test, answers_overlapping_requests_at_the_same_time) {
  // Each measurement waits for the other, so both end only if they run in parallel.
  auto inside = std::make_shared<std::atomic<int>>(0);
  adapter = spawn([inside](const auto&, const work_limit&) -> caf::expected<msg<wire::Measurement>> {
    ++*inside;
    while (*inside < 2)
      std::this_thread::yield();
    return skipped("met");
  });
  int answers = 0;
  auto first = tests.client()->request(adapter, answer_timeout, request);
  auto second = tests.client()->request(adapter, answer_timeout, request);
  first.receive([&](msg<wire::Measurement>&) { ++answers; }, [](caf::error& e) { ADD_FAILURE() << text_of(e); });
  second.receive([&](msg<wire::Measurement>&) { ++answers; }, [](caf::error& e) { ADD_FAILURE() << text_of(e); });
  EXPECT_EQ(answers, 2);
}

TEST_F(blocking_adapter_test, an_exception_is_an_error_and_the_adapter_goes_on) {
  adapter = spawn(
    [](const auto&, const work_limit&) -> caf::expected<msg<wire::Measurement>> { throw std::runtime_error("boom"); });
  for (int i = 0; i < 5; ++i) {
    auto answer = tests.ask<msg<wire::Measurement>>(adapter, request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(code_of(answer.error()), ec::internal);
    EXPECT_THAT(text_of(answer.error()), HasSubstr("test: boom"));
  }
}

TEST_F(blocking_adapter_test, timeout_ends_the_work) {
  auto work = std::make_shared<blocker>();
  adapter = spawn(work->measurement(), std::chrono::milliseconds{20});
  EXPECT_EQ(code_of(tests.ask<msg<wire::Measurement>>(adapter, request).error()), ec::timed_out);
  work->left.acquire();
}

TEST_F(blocking_adapter_test, the_end_of_the_requester_ends_the_work) {
  auto work = std::make_shared<blocker>();
  adapter = spawn(work->measurement());
  {
    caf::scoped_actor requester{tests.system()};
    requester->send(adapter, request);
    work->entered.acquire();
  }
  work->left.acquire(); // if nobody cancels the worker, this blocks until the test times out
}

TEST_F(blocking_adapter_test, the_end_of_the_adapter_ends_the_work) {
  auto work = std::make_shared<blocker>();
  adapter = spawn(work->measurement());
  auto answer = tests.client()->request(adapter, answer_timeout, request);
  work->entered.acquire();
  caf::anon_send_exit(adapter, caf::exit_reason::kill);
  work->left.acquire();
  answer.receive([](msg<wire::Measurement>&) { ADD_FAILURE(); },
                 [](caf::error& error) { EXPECT_EQ(code_of(error), ec::unavailable); });
}

TEST_F(blocking_adapter_test, refuses_more_than_its_bound_and_recovers) {
  auto work = std::make_shared<blocker>();
  adapter = spawn(work->measurement());
  {
    caf::scoped_actor requester{tests.system()};
    for (size_t i = 0; i < defaults::max_blocking_measurements; ++i)
      requester->send(adapter, request);
    for (size_t i = 0; i < defaults::max_blocking_measurements; ++i)
      work->entered.acquire();
    EXPECT_EQ(code_of(tests.ask<msg<wire::Measurement>>(adapter, request).error()), ec::overloaded);
  }
  for (size_t i = 0; i < defaults::max_blocking_measurements; ++i)
    work->left.acquire();
  // The adapter learns that its workers ended a moment after their work is over.
  caf::scoped_actor requester{tests.system()};
  do
    requester->send(adapter, request);
  while (!work->entered.try_acquire_for(std::chrono::milliseconds{10}));
}

} // namespace
} // namespace hive
