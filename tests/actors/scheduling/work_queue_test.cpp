#include "actors/scheduling/work_queue.hpp"

#include "actors/scheduling/scheduling.hpp"
#include "tests/support/seed.hpp"

#include <atomic>
#include <caf/all.hpp>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <thread>

namespace hive {
namespace {

using namespace std::chrono_literals;

constexpr auto job_limit = 1ms;

/// A job that is told from others by its address alone.
caf::resumable* job(size_t number) {
  return reinterpret_cast<caf::resumable*>(number * alignof(std::max_align_t));
}

/// A queue of threads of which all sleep.
struct work_queue_test : testing::Test {
  explicit work_queue_test(size_t threads = 3) {
    for (size_t i = 0; i < threads; ++i)
      queue.add_worker();
    for (size_t i = 0; i < threads; ++i)
      queue.take(i, now);
  }

  /// Wakes a thread for a job, which it takes.
  work_queue::worker begin(size_t number) {
    auto woken = queue.add(job(number), now);
    EXPECT_TRUE(woken && queue.is_working(*woken));
    EXPECT_EQ(queue.take(*woken, now).job, job(number));
    return *woken;
  }

  work_queue queue{job_limit};
  work_queue::time_point now{1h};
};

TEST_F(work_queue_test, a_job_wakes_a_thread_when_all_sleep) {
  auto woken = queue.add(job(1), now);
  ASSERT_TRUE(woken);
  EXPECT_TRUE(queue.is_working(*woken));
  EXPECT_EQ(queue.take(*woken, now).job, job(1));
  EXPECT_FALSE(queue.take(*woken, now).job);
  EXPECT_FALSE(queue.is_working(*woken));
}

TEST_F(work_queue_test, the_thread_that_slept_last_is_woken_first) {
  auto first = begin(1);
  EXPECT_FALSE(queue.take(first, now).job);
  EXPECT_EQ(begin(2), first);
}

TEST_F(work_queue_test, jobs_are_left_to_a_thread_that_works_and_one_other_watches) {
  auto busy = begin(1);
  auto watcher = queue.add(job(2), now);
  ASSERT_TRUE(watcher);
  EXPECT_TRUE(queue.is_watching(*watcher));
  EXPECT_FALSE(queue.is_working(*watcher));
  EXPECT_FALSE(queue.add(job(3), now)) << "it watches already";
  EXPECT_EQ(queue.take(busy, now).job, job(2));
  EXPECT_EQ(queue.take(busy, now).job, job(3));
  EXPECT_FALSE(queue.take(busy, now).job);
}

TEST_F(work_queue_test, a_job_that_has_waited_is_taken_by_the_watching_thread_and_another_one_watches) {
  begin(1);
  auto watcher = *queue.add(job(2), now);
  queue.add(job(3), now);
  now += job_limit;
  queue.look(watcher, now);
  ASSERT_TRUE(queue.is_working(watcher));
  auto next = queue.take(watcher, now);
  EXPECT_EQ(next.job, job(2));
  ASSERT_TRUE(next.wake);
  EXPECT_TRUE(queue.is_watching(*next.wake));
}

TEST_F(work_queue_test, once_a_job_has_waited_those_added_as_early_wake_threads_at_once) {
  auto busy = begin(1);
  auto watcher = *queue.add(job(2), now);
  EXPECT_EQ(queue.take(busy, now).job, job(2));
  queue.add(job(3), now);
  queue.add(job(4), now);
  queue.look(watcher, now += job_limit);
  ASSERT_TRUE(queue.is_watching(watcher)) << "both came since it was appointed";
  queue.look(watcher, now += job_limit);
  auto next = queue.take(watcher, now);
  EXPECT_EQ(next.job, job(3));
  ASSERT_TRUE(next.wake);
  EXPECT_TRUE(queue.is_working(*next.wake));
}

TEST_F(work_queue_test, a_job_that_came_since_the_last_look_is_left) {
  auto busy = begin(1);
  auto watcher = *queue.add(job(2), now);
  EXPECT_EQ(queue.take(busy, now).job, job(2));
  queue.add(job(3), now);
  queue.look(watcher, now + job_limit);
  EXPECT_TRUE(queue.is_watching(watcher));
  queue.look(watcher, now + 2 * job_limit);
  EXPECT_TRUE(queue.is_working(watcher));
}

TEST_F(work_queue_test, the_watching_thread_sleeps_when_nobody_works) {
  auto busy = begin(1);
  auto watcher = *queue.add(job(2), now);
  EXPECT_EQ(queue.take(busy, now).job, job(2));
  EXPECT_FALSE(queue.take(busy, now).job);
  queue.look(watcher, now + job_limit);
  EXPECT_FALSE(queue.is_watching(watcher));
  EXPECT_FALSE(queue.is_working(watcher));
}

TEST_F(work_queue_test, a_job_wakes_the_watching_thread_when_nobody_works) {
  auto busy = begin(1);
  auto watcher = *queue.add(job(2), now);
  EXPECT_EQ(queue.take(busy, now).job, job(2));
  EXPECT_FALSE(queue.take(busy, now).job);
  EXPECT_EQ(queue.add(job(3), now), watcher);
  EXPECT_TRUE(queue.is_working(watcher));
}

TEST_F(work_queue_test, a_job_waits_for_no_thread_that_is_at_its_own_for_long) {
  begin(1);
  now += job_limit + 1us;
  auto second = queue.add(job(2), now);
  ASSERT_TRUE(second);
  EXPECT_TRUE(queue.is_working(*second));
  auto third = queue.add(job(3), now);
  ASSERT_TRUE(third);
  EXPECT_TRUE(queue.is_watching(*third)) << "the second is about to begin";
}

TEST_F(work_queue_test, what_a_thread_leaves_behind_is_taken_by_another) {
  auto busy = begin(1);
  auto watcher = *queue.add(job(2), now);
  EXPECT_EQ(queue.remove_worker(busy, now), watcher);
  EXPECT_EQ(queue.take(watcher, now).job, job(2));
  EXPECT_FALSE(queue.remove());
}

/// Threads that sleep, wake some time after they were told to, and work, in a time of its own.
class simulated_threads {
public:
  explicit simulated_threads(uint32_t seed) : random_{seed}, threads_(1 + random_() % 5) {
    for (size_t i = 0; i < threads_; ++i) {
      queue_.add_worker();
      at(0us, [this, i] { next_job(i); });
    }
  }

  void run(size_t jobs) {
    auto when = 0us;
    for (size_t i = 1; i <= jobs; ++i)
      at(when += random_() % 20 == 0 ? some(5'000) : some(50), [this, i] {
        waiting_.emplace(job(i), now_);
        wake(queue_.add(job(i), now_));
      });
    while (!events_.empty()) {
      auto first = events_.extract(events_.begin());
      now_ = first.key();
      first.mapped()();
      check();
    }
    EXPECT_EQ(done_, jobs);
  }

private:
  std::chrono::microseconds some(uint32_t most) {
    return std::chrono::microseconds{random_() % most};
  }

  void at(std::chrono::microseconds in, std::function<void()> what) {
    events_.emplace(now_ + in, std::move(what));
  }

  void wake(std::optional<size_t> who) {
    if (who)
      at(some(100), [this, who] { awake(*who); });
  }

  void awake(size_t who) {
    if (!sleeping_.contains(who))
      return;
    if (queue_.is_working(who)) {
      sleeping_.erase(who);
      next_job(who);
    } else if (queue_.is_watching(who)) {
      look_later(who, ++sleeping_[who]);
    }
  }

  void look_later(size_t who, size_t sleep) {
    at(job_limit, [this, who, sleep] {
      auto known = sleeping_.find(who);
      if (known == sleeping_.end() || known->second != sleep || !queue_.is_watching(who))
        return;
      queue_.look(who, now_);
      if (queue_.is_working(who))
        awake(who);
      else if (queue_.is_watching(who))
        look_later(who, sleep);
    });
  }

  void next_job(size_t who) {
    auto next = queue_.take(who, now_);
    wake(next.wake);
    if (!next.job) {
      sleeping_[who] = 0;
      return;
    }
    EXPECT_EQ(waiting_.erase(next.job), 1U) << "taken twice";
    ++done_;
    at(random_() % 10 == 0 ? some(10'000) : some(20), [this, who] { next_job(who); });
  }

  /// No job waits for long while a thread could take it.
  void check() {
    if (sleeping_.empty())
      since_ = now_;
    for (const auto& [what, added] : waiting_)
      ASSERT_LE(now_ - std::max(added, since_), 4 * job_limit);
  }

  std::mt19937 random_;
  size_t threads_;
  work_queue queue_{job_limit};
  work_queue::time_point now_{1h};
  work_queue::time_point since_{1h}; ///< a thread has slept since then
  std::multimap<work_queue::time_point, std::function<void()>> events_;
  std::map<size_t, size_t> sleeping_; ///< with a number of the sleep
  std::map<caf::resumable*, work_queue::time_point> waiting_;
  size_t done_ = 0;
};

TEST(work_queue, no_job_is_lost_or_waits_for_long_while_a_thread_sleeps) {
  HIVE_RANDOM_SEED(seed);
  for (uint32_t round = 0; round < 1'000 && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(seed + round);
    simulated_threads{seed + round}.run(200);
  }
}

// -- real threads -----------------------------------------------------------------

TEST(shared_work, actors_that_pass_messages_in_rings_all_end) {
  for (size_t threads : {1, 2, 5}) {
    caf::actor_system_config config;
    configure_scheduling(config, threads);
    std::atomic<int> ended = 0;
    {
      caf::actor_system system{config};
      for (int ring = 0; ring < 20; ++ring) {
        auto last = system.spawn([&ended](caf::event_based_actor* self) -> caf::behavior {
          return {[&ended, self](int) {
            ++ended;
            self->quit();
          }};
        });
        for (int i = 0; i < 50; ++i)
          last = system.spawn([last](caf::event_based_actor* self) -> caf::behavior {
            return {[last, self](int value) {
              self->send(last, value);
              self->quit();
            }};
          });
        caf::anon_send(last, ring);
      }
      system.await_all_actors_done();
    }
    EXPECT_EQ(ended, 20);
  }
}

TEST(shared_work, a_long_job_delays_no_other) {
  caf::actor_system_config config;
  configure_scheduling(config, 2);
  caf::actor_system system{config};
  std::atomic<bool> over = false, is_long = false;
  auto slow = system.spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](int) {
      is_long = true;
      while (!over)
        std::this_thread::yield();
      self->quit();
    }};
  });
  auto quick = system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](int value) { return value; }}; });
  caf::anon_send(slow, 1);
  caf::scoped_actor client{system};
  for (int i = 0; i < 100; ++i)
    client->request(quick, std::chrono::minutes{1}, i)
      .receive([&](int value) { EXPECT_EQ(value, i); }, [](const caf::error&) { FAIL() << "no answer"; });
  EXPECT_TRUE(is_long);
  over = true;
}

} // namespace
} // namespace hive
