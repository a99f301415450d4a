// The ways of a lease to its end, with their times.

#include "gpu/ledger/ledger.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

using orders_given = std::vector<std::pair<duration, std::string>>;

class ledger_ends : public ledger_fixture {
public:
  ledger_ends() {
    add_device("A");
  }

  /// A lease whose processes are known, and use 4,000 MiB.
  lease_id hold_with_processes(duration longest = 1h, duration ttl = 1h) {
    auto asked = whole("h", longest);
    asked.ttl = ttl;
    auto id = hold(asked);
    use(id, "A", 4'000);
    renew(id, false, true);
    return id;
  }
};

TEST_F(ledger_ends, a_lease_is_reserved_until_it_is_on_disk) {
  auto asked = whole("h");
  asked.ttl = 30s;
  auto id = ask(asked);
  EXPECT_EQ(state(id), LeaseState::RESERVED);
  EXPECT_EQ(at(id).ends_at, now + 1h);
  EXPECT_EQ(account("A").free(), 0u);
  pass(40s); // nobody can renew it yet
  apply(events::stored{id});
  EXPECT_EQ(state(id), LeaseState::ACTIVE);
  EXPECT_EQ(at(id).expires_at, now + 30s);
}

TEST_F(ledger_ends, a_lease_that_cannot_be_stored_gives_its_memory_back_at_once) {
  auto id = ask(whole("h"));
  auto second = ask(whole("second"));
  apply(events::not_stored{id, "disk full"});
  EXPECT_EQ(outcome(id), LeaseOutcome::NOT_STORED);
  EXPECT_EQ(at(id).reason, "disk full");
  EXPECT_TRUE(is_granted(second)) << "nobody has had it";
  apply(events::stored{id});
  EXPECT_EQ(state(id), LeaseState::ENDED);
}

TEST_F(ledger_ends, a_store_that_does_not_answer_ends_the_lease_after_its_longest_duration) {
  auto id = ask(whole("h", 60s));
  pass(59s);
  EXPECT_EQ(state(id), LeaseState::RESERVED);
  pass(1s);
  EXPECT_EQ(outcome(id), LeaseOutcome::NOT_STORED);
  EXPECT_EQ(at(id).reason, "the store did not answer");
}

TEST_F(ledger_ends, a_reserved_lease_that_is_withdrawn_was_never_used) {
  auto id = ask(whole("h"));
  apply(events::released{id, {}});
  EXPECT_EQ(outcome(id), LeaseOutcome::CANCELLED);
  EXPECT_TRUE(account("A").is_idle());
}

TEST_F(ledger_ends, a_release_drains_until_a_later_poll_has_seen_the_memory_free) {
  auto id = hold(whole("h"));
  auto second = ask(whole("second"));
  pass(200ms);
  release(id);
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  EXPECT_TRUE(is_waiting(second)) << "the last poll is from before";
  device("A").used = 129; // more than the tolerance
  pass(1s);
  EXPECT_TRUE(is_waiting(second));
  device("A").used = 128;
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
  EXPECT_TRUE(is_granted(second));
}

TEST_F(ledger_ends, a_release_waits_for_the_processes_and_kills_them_at_last) {
  auto id = hold_with_processes();
  release(id);
  EXPECT_EQ(state(id), LeaseState::RELEASING);
  pass(options.ask_grace - 1ms);
  EXPECT_EQ(state(id), LeaseState::RELEASING);
  pass(1ms);
  EXPECT_EQ(state(id), LeaseState::KILLING);
  EXPECT_EQ(orders, (orders_given{{10s, "kill h"}}));
  forget(id, "A");
  apply(events::processes_ended{id});
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  poll();
  EXPECT_EQ(state(id), LeaseState::DRAINING) << "polled at the same moment";
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
}

TEST_F(ledger_ends, a_release_ends_when_the_processes_do) {
  auto id = hold_with_processes();
  release(id);
  pass(3s);
  forget(id, "A");
  apply(events::processes_ended{id});
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
  EXPECT_EQ(at(id).ended_at, began + 3s + poll_interval);
  EXPECT_TRUE(orders.empty());
}

TEST_F(ledger_ends, a_lease_expires_a_ttl_after_its_last_renewal) {
  auto asked = whole("h");
  asked.ttl = 30s;
  auto id = hold(asked);
  pass(20s);
  renew(id);
  EXPECT_EQ(at(id).expires_at, now + 30s);
  pass(30s - 1ms);
  EXPECT_EQ(state(id), LeaseState::ACTIVE);
  pass(1ms);
  EXPECT_EQ(state(id), LeaseState::REVOKING);
  EXPECT_EQ(outcome(id), LeaseOutcome::EXPIRED);
  EXPECT_EQ(at(id).reason, "its holder has not renewed it");
}

TEST_F(ledger_ends, no_renewal_goes_past_the_longest_duration) {
  auto asked = whole("h", 60s);
  asked.ttl = 90s;
  auto id = hold(asked);
  EXPECT_EQ(at(id).expires_at, began + 60s) << "a ttl beyond it counts as that";
  pass(50s);
  renew(id);
  EXPECT_EQ(at(id).expires_at, began + 60s);
  pass(10s);
  EXPECT_EQ(state(id), LeaseState::REVOKING);
  EXPECT_EQ(outcome(id), LeaseOutcome::OVERDUE);
  EXPECT_EQ(at(id).reason, "it has reached its longest duration");
}

TEST_F(ledger_ends, a_holder_is_asked_then_killed_then_its_memory_is_quarantined) {
  auto id = hold_with_processes(60s);
  ask(whole("second")); // nobody is served
  pass(200s);
  EXPECT_EQ(orders, (orders_given{{60s, "ask h"}, {70s, "kill h"}}));
  EXPECT_EQ(outcome(id), LeaseOutcome::OVERDUE);
  EXPECT_EQ(at(id).ended_at, began + 60s + 10s + 5s + 15s);
  EXPECT_EQ(at(id).reason, "it has reached its longest duration; 10000 MiB of device A did not come back");
  EXPECT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
}

TEST_F(ledger_ends, a_holder_that_is_asked_may_still_give_it_back) {
  auto id = hold_with_processes();
  apply(events::revoked{id, "the operator needs it", false});
  EXPECT_EQ(state(id), LeaseState::REVOKING);
  pass(2s);
  forget(id, "A");
  apply(events::processes_ended{id});
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::REVOKED);
  EXPECT_EQ(orders, (orders_given{{0s, "ask h"}}));
}

TEST_F(ledger_ends, an_operator_can_revoke_without_asking_also_later) {
  auto id = hold_with_processes();
  apply(events::revoked{id, "first politely", false});
  pass(1s);
  apply(events::revoked{id, "then not", true});
  EXPECT_EQ(orders, (orders_given{{0s, "ask h"}, {1s, "kill h"}}));
  EXPECT_EQ(at(id).reason, "first politely");
}

TEST_F(ledger_ends, the_first_reason_decides_the_outcome) {
  auto id = hold_with_processes(60s);
  release(id);
  apply(events::revoked{id, "too late", true});
  apply(events::holder_ended{id});
  EXPECT_EQ(state(id), LeaseState::KILLING) << "who could end them is gone";
  forget(id, "A");
  apply(events::processes_ended{id});
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
}

TEST_F(ledger_ends, processes_of_a_holder_that_is_gone_are_killed_at_once) {
  auto id = hold_with_processes();
  apply(events::holder_ended{id});
  EXPECT_EQ(orders, (orders_given{{0s, "kill h"}}));
  pass(5s);
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  EXPECT_EQ(outcome(id), LeaseOutcome::HOLDER_GONE);
}

TEST_F(ledger_ends, a_holder_without_processes_leaves_nothing_to_kill) {
  auto id = hold(whole("h"));
  apply(events::holder_ended{id});
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  EXPECT_TRUE(orders.empty());
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::HOLDER_GONE);
}

TEST_F(ledger_ends, a_silent_probe_delays_the_grant_of_memory_that_was_given_back) {
  auto id = hold(whole("h"));
  auto second = ask(whole("second"));
  is_silent = true;
  release(id);
  pass(14s);
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  is_silent = false;
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
  EXPECT_TRUE(is_granted(second));
}

// -- suspension -----------------------------------------------------------------------

TEST_F(ledger_ends, nobody_expires_because_the_machine_slept) {
  auto asked = whole("h");
  asked.ttl = 30s;
  auto id = hold(asked);
  auto waiting = whole("waiting");
  waiting.patience = 30s;
  auto second = ask(waiting);
  sleep(10min);
  poll();
  EXPECT_EQ(state(id), LeaseState::ACTIVE);
  EXPECT_EQ(at(id).expires_at, now + 10s) << "one period of renewal";
  EXPECT_TRUE(is_waiting(second));
  pass(10s);
  EXPECT_EQ(outcome(id), LeaseOutcome::EXPIRED);
  EXPECT_EQ(outcome(second), LeaseOutcome::HOLDER_GONE);
}

TEST_F(ledger_ends, sleep_gives_nobody_more_than_the_longest_duration) {
  auto id = hold(whole("h", 60s));
  sleep(10min);
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::OVERDUE);
}

TEST_F(ledger_ends, a_node_on_which_little_happens_is_not_asleep) {
  devices.clear();
  add_device("simulated").simulated = true;
  auto asked = whole("h");
  asked.ttl = 5min;
  auto id = hold(asked);
  is_silent = true; // nothing but ticks
  pass(5min - 1s);
  EXPECT_EQ(state(id), LeaseState::ACTIVE);
  pass(1s);
  EXPECT_EQ(outcome(id), LeaseOutcome::EXPIRED);
}

// -- bounds -----------------------------------------------------------------------------

TEST_F(ledger_ends, ended_leases_are_remembered_up_to_a_bound) {
  options.max_ended = 3;
  std::vector<lease_id> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(hold(whole("h")));
    finish(ids.back());
  }
  EXPECT_EQ(what().find(ids[0]), nullptr);
  EXPECT_NE(what().find(ids[1]), nullptr);
}

TEST_F(ledger_ends, nothing_is_left_of_leases_that_ended) {
  std::vector<event> all;
  for (int i = 0; i < 5'000; ++i) {
    auto asked = whole("h" + std::to_string(i), 24h * 7);
    finish(hold(asked));
  }
  EXPECT_LT(audit{what()}.count_entries(), 2'000u) << "deadlines, holders, ended leases";
  options.max_queued = 0;
  start();
  for (int i = 0; i < 5'000; ++i)
    EXPECT_NE(refused(whole("h" + std::to_string(i))), "");
  EXPECT_EQ(audit{what()}.count_entries(), 0u);
}

} // namespace
} // namespace hive::gpu::testing
