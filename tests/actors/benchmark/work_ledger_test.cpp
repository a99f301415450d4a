#include "actors/benchmark/work_ledger.hpp"

#include "tests/support/seed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using time_point = work_ledger::time_point;

constexpr auto lease = 45s, grace = 10s;

struct work_ledger_test : testing::Test {
  time_point now{1h};
  int ids = 0;
  work_ledger::options options{
    .lease = lease, .grace = grace, .memory = 10min, .max_workers = 3, .max_polls = 3, .max_jobs = 3, .max_leases = 3};
  work_ledger ledger{options, [this] { return "id" + std::to_string(++ids); }};
  work_ledger::effects did; ///< of the last call

  std::string worker(std::set<std::string> adapters) {
    return *ledger.add_worker(std::move(adapters), now);
  }

  work_ledger::poll_id poll(const std::string& worker, std::chrono::seconds wait = 30s) {
    did = {};
    return *ledger.poll(worker, now + wait, now, did);
  }

  work_ledger::job_id offer(const std::string& adapter, uint32_t runs = 1, std::chrono::seconds limit = 300s) {
    did = {};
    auto out = ledger.offer({adapter, runs, now + limit}, now, did);
    EXPECT_TRUE(out) << text_of(out.error());
    return *out;
  }

  work_ledger::answered answer(std::string lease) {
    did = {};
    return *ledger.answer(lease, now, did);
  }

  void pass(std::chrono::seconds time) {
    now += time;
    did = {};
    ledger.expire(now, did);
  }

  bool is_served(const std::string& adapter) const {
    auto served = ledger.served_until();
    return served.contains(adapter) && served.at(adapter) > now;
  }
};

TEST_F(work_ledger_test, work_goes_to_the_worker_that_has_waited_longest_and_knows_it) {
  auto other = worker({"b"}), first = worker({"a", "b"}), second = worker({"a"});
  poll(other);
  auto expected = poll(first);
  poll(second);
  auto job = offer("a");
  ASSERT_EQ(did.polls.size(), 1u);
  EXPECT_EQ(did.polls[0].poll, expected);
  EXPECT_EQ(did.polls[0].job, job);
  EXPECT_EQ(did.polls[0].run, 1u);
  auto done = answer(did.polls[0].lease);
  EXPECT_EQ(done.job, job);
  EXPECT_TRUE(done.was_last);
}

TEST_F(work_ledger_test, work_waits_for_the_next_question_in_the_order_of_its_arrival) {
  auto one = worker({"a"});
  auto early = offer("a"), late = offer("a");
  poll(one);
  EXPECT_EQ(did.polls.at(0).job, early);
  poll(one);
  EXPECT_EQ(did.polls.at(0).job, late);
}

TEST_F(work_ledger_test, runs_of_a_job_are_leased_one_after_the_other_each_under_its_own_id) {
  auto one = worker({"a"});
  auto job = offer("a", 2);
  poll(one);
  auto first = did.polls.at(0);
  poll(one);
  EXPECT_TRUE(did.polls.empty()) << "the second run waits for the first";
  auto done = answer(first.lease);
  EXPECT_FALSE(done.was_last);
  auto second = did.polls.at(0);
  EXPECT_EQ(second.job, job);
  EXPECT_EQ(second.run, 2u);
  EXPECT_NE(second.lease, first.lease);
  EXPECT_EQ(code_of(ledger.answer(first.lease, now, did).error()), ec::not_found) << "answered twice";
  EXPECT_TRUE(answer(second.lease).was_last);
}

TEST_F(work_ledger_test, a_question_ends_without_work_after_its_wait) {
  auto id = poll(worker({"a"}), 30s);
  pass(29s);
  EXPECT_TRUE(did.polls.empty());
  EXPECT_EQ(ledger.next_due(), now + 1s);
  pass(1s);
  ASSERT_EQ(did.polls.size(), 1u);
  EXPECT_EQ(did.polls[0].poll, id);
  EXPECT_EQ(did.polls[0].job, 0u);
}

TEST_F(work_ledger_test, an_adapter_is_served_while_a_worker_asks_works_or_has_just_done_so) {
  EXPECT_FALSE(is_served("a"));
  auto one = worker({"a"});
  EXPECT_TRUE(is_served("a")) << "it will ask in a moment";
  pass(grace);
  EXPECT_FALSE(is_served("a")) << "it did not";
  EXPECT_EQ(code_of(ledger.offer({"a", 1, now + 1h}, now, did).error()), ec::no_data);
  poll(one, 30s);
  EXPECT_TRUE(is_served("a"));
  EXPECT_FALSE(is_served("b"));
  pass(30s + grace - 1s);
  EXPECT_TRUE(is_served("a"));
  pass(1s);
  EXPECT_FALSE(is_served("a"));
  poll(one, 30s);
  offer("a");
  auto held = did.polls.at(0).lease;
  pass(40s);
  EXPECT_TRUE(is_served("a")) << "it measures";
  answer(held);
  pass(grace);
  EXPECT_FALSE(is_served("a")) << "it does not ask again";
}

TEST_F(work_ledger_test, a_lease_that_is_not_renewed_goes_to_another_worker_and_its_late_answer_is_refused) {
  auto dead = worker({"a"}), alive = worker({"a"});
  poll(dead);
  auto job = offer("a");
  auto lost = did.polls.at(0).lease;
  pass(lease - 1s);
  poll(alive, 60s);
  EXPECT_TRUE(did.polls.empty());
  pass(1s);
  ASSERT_EQ(did.polls.size(), 1u);
  EXPECT_EQ(did.polls[0].job, job);
  EXPECT_EQ(code_of(ledger.answer(lost, now, did).error()), ec::not_found);
  EXPECT_EQ(code_of(ledger.renew(lost, now).error()), ec::not_found);
  EXPECT_TRUE(answer(did.polls[0].lease).was_last);
}

TEST_F(work_ledger_test, a_lease_lasts_as_long_as_it_is_renewed_but_not_beyond_the_jobs_deadline) {
  poll(worker({"a"}));
  auto job = offer("a", 1, 100s);
  auto held = did.polls.at(0).lease;
  for (int i = 0; i < 3; ++i) {
    pass(30s);
    EXPECT_TRUE(did.failed.empty());
    EXPECT_EQ(*ledger.renew(held, now), std::min<work_ledger::clock::duration>(lease, 100s - 30s * (i + 1)));
  }
  pass(10s);
  ASSERT_EQ(did.failed.size(), 1u);
  EXPECT_EQ(did.failed[0].job, job);
  EXPECT_EQ(code_of(did.failed[0].reason), ec::timed_out);
}

TEST_F(work_ledger_test, a_run_that_every_worker_loses_fails_its_job) {
  auto one = worker({"a"});
  auto job = offer("a", 1, 3600s);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(did.failed.empty());
    poll(one);
    ASSERT_EQ(did.polls.size(), 1u) << i;
    pass(lease);
  }
  ASSERT_EQ(did.failed.size(), 1u);
  EXPECT_EQ(did.failed[0].job, job);
  EXPECT_THAT(text_of(did.failed[0].reason), HasSubstr("3 times"));
}

TEST_F(work_ledger_test, work_that_nobody_serves_any_more_is_unserved) {
  auto one = worker({"a"});
  auto job = offer("a", 1, 3600s);
  EXPECT_EQ(ledger.next_due(), now + grace);
  pass(grace);
  ASSERT_EQ(did.failed.size(), 1u);
  EXPECT_EQ(did.failed[0].job, job);
  EXPECT_EQ(code_of(did.failed[0].reason), ec::no_data);
  EXPECT_EQ(text_of(did.failed[0].reason), "no worker for a");
}

TEST_F(work_ledger_test, a_worker_that_leaves_gives_its_work_to_others_at_once) {
  auto leaving = worker({"a"}), other = worker({"a"});
  poll(leaving);
  auto job = offer("a");
  auto waits = poll(leaving);
  poll(other);
  did = {};
  EXPECT_FALSE(ledger.remove_worker(leaving, now, did));
  ASSERT_EQ(did.polls.size(), 2u);
  EXPECT_EQ(did.polls[0].poll, waits);
  EXPECT_EQ(did.polls[0].job, 0u);
  EXPECT_EQ(did.polls[1].job, job);
  EXPECT_EQ(code_of(ledger.remove_worker(leaving, now, did)), ec::not_found);
  EXPECT_EQ(code_of(ledger.poll(leaving, now, now, did).error()), ec::not_found);
}

TEST_F(work_ledger_test, a_silent_worker_is_forgotten_after_a_while) {
  auto one = worker({"a"});
  pass(grace + 10min - 1s);
  EXPECT_EQ(ledger.workers(), 1u);
  EXPECT_EQ(ledger.next_due(), now + 1s);
  pass(1s);
  EXPECT_EQ(ledger.workers(), 0u);
  EXPECT_EQ(ledger.next_due(), std::nullopt);
}

TEST_F(work_ledger_test, everything_is_bounded) {
  auto one = worker({"a"});
  worker({"a"});
  worker({"a"});
  EXPECT_EQ(code_of(ledger.add_worker({"a"}, now).error()), ec::overloaded);
  for (int i = 0; i < 3; ++i)
    offer("a");
  EXPECT_EQ(code_of(ledger.offer({"a", 1, now + 1h}, now, did).error()), ec::overloaded);
  for (int i = 0; i < 6; ++i)
    poll(one);
  EXPECT_EQ(code_of(ledger.poll(one, now + 1h, now, did).error()), ec::overloaded);
}

TEST_F(work_ledger_test, a_cancelled_job_is_nobodys_work) {
  auto one = worker({"a"});
  poll(one);
  auto job = offer("a");
  auto held = did.polls.at(0).lease;
  ledger.cancel(job, now);
  ledger.cancel(job, now);
  EXPECT_EQ(code_of(ledger.answer(held, now, did).error()), ec::not_found);
}

/// Whatever happens in whatever order: every poll is answered once, every job ends once, and no lease has two holders.
TEST_F(work_ledger_test, keeps_its_promises_in_any_order_of_events) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  auto below = [&](size_t n) { return random() % n; };
  ledger =
    work_ledger{{.max_workers = 5, .max_polls = 8, .max_jobs = 8}, [this] { return "id" + std::to_string(++ids); }};
  std::vector<std::string> workers;
  std::map<std::string, work_ledger::job_id> leases;
  std::set<work_ledger::poll_id> polls;
  std::set<work_ledger::job_id> jobs;
  auto take = [&](const work_ledger::effects& effects) {
    for (const auto& failed : effects.failed) {
      EXPECT_EQ(jobs.erase(failed.job), 1u);
      std::erase_if(leases, [&](const auto& held) { return held.second == failed.job; });
    }
    for (const auto& answered : effects.polls) {
      EXPECT_EQ(polls.erase(answered.poll), 1u);
      if (answered.job != 0) {
        EXPECT_TRUE(jobs.contains(answered.job));
        EXPECT_TRUE(leases.emplace(answered.lease, answered.job).second);
      }
    }
  };
  for (int i = 0; i < 20'000; ++i) {
    work_ledger::effects effects;
    std::string adapter(1, static_cast<char>('a' + below(3)));
    switch (below(6)) {
    case 0:
      if (auto id = ledger.add_worker({adapter, "a"}, now))
        workers.push_back(*id);
      break;
    case 1:
      if (auto id = ledger.poll(workers.empty() ? "none" : workers[below(workers.size())],
                                now + std::chrono::seconds{below(60)}, now, effects))
        polls.insert(*id);
      break;
    case 2:
      if (auto id =
            ledger.offer({adapter, uint32_t(1 + below(3)), now + std::chrono::seconds{1 + below(200)}}, now, effects))
        jobs.insert(*id);
      break;
    case 3:
      if (!leases.empty()) {
        auto held = std::next(leases.begin(), static_cast<long>(below(leases.size())));
        if (auto done = ledger.answer(held->first, now, effects)) {
          EXPECT_EQ(done->job, held->second);
          EXPECT_EQ(done->was_last ? jobs.erase(done->job) : 1u, 1u);
        }
        leases.erase(held);
      }
      break;
    case 4:
      if (!workers.empty() && below(10) == 0) {
        auto leaving = workers.begin() + static_cast<long>(below(workers.size()));
        ledger.remove_worker(*leaving, now, effects);
        workers.erase(leaving);
      }
      break;
    default:
      now += std::chrono::seconds{below(20)};
    }
    ledger.expire(now, effects);
    take(effects);
    auto due = ledger.next_due();
    EXPECT_TRUE(!due || *due > now) << "what is due has been done";
    EXPECT_TRUE(due || (polls.empty() && jobs.empty())) << "what waits has an end";
  }
  now += 24h;
  work_ledger::effects effects;
  ledger.expire(now, effects);
  take(effects);
  EXPECT_TRUE(polls.empty() && jobs.empty());
  EXPECT_EQ(ledger.workers(), 0u);
}

} // namespace
} // namespace hive
