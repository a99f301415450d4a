// What the ledger makes of polls: lost devices, quarantine, overuse, memory of others, old observations.

#include "gpu/ledger/ledger.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

class ledger_observations : public ledger_fixture {
public:
  void lose(const std::string& uuid) {
    device(uuid).state = GpuAvailability::LOST;
    device(uuid).reason = "fell off the bus";
    poll();
  }
  void bring_back(const std::string& uuid) {
    device(uuid).state = GpuAvailability::OK;
    device(uuid).reason.clear();
  }
  /// A device in quarantine with 4,000 MiB that did not come back.
  void quarantine(const std::string& uuid) {
    auto id = hold(whole("leaks"));
    ASSERT_EQ(where(id), uuid);
    use(id, uuid, 4'000);
    poll();
    device(uuid).leased.clear(); // memory of no process
    release(id);
    pass(options.drain_limit);
    ASSERT_EQ(state_of(uuid), GpuAvailability::QUARANTINED);
  }
};

TEST_F(ledger_observations, nothing_is_granted_on_an_observation_older_than_two_polls) {
  add_device("A");
  what();
  is_silent = true;
  pass(options.stale_after);
  EXPECT_TRUE(is_granted(ask(part("in time", 1'000))));
  pass(1us);
  EXPECT_EQ(state_of("A"), GpuAvailability::UNKNOWN);
  EXPECT_EQ(account("A").reason_at(now, options), "it has not been observed lately");
  auto late = ask(part("late", 1'000));
  EXPECT_TRUE(is_waiting(late));
  poll();
  EXPECT_TRUE(is_granted(late));
}

TEST_F(ledger_observations, unknown_is_not_nothing) {
  add_device("A");
  auto held = hold(part("h", 4'000));
  device("A").state = GpuAvailability::UNKNOWN;
  device("A").reason = "the driver hangs";
  device("A").total = device("A").used = 0;
  poll();
  auto waiting = ask(part("waiting", 1'000));
  EXPECT_TRUE(is_waiting(waiting));
  EXPECT_EQ(account("A").total(), 10'000u) << "as it was last seen";
  EXPECT_EQ(account("A").reason_at(now, options), "the driver hangs");
  EXPECT_EQ(state(held), LeaseState::ACTIVE) << "its holder may go on";
}

TEST_F(ledger_observations, a_lost_device_takes_its_leases_away) {
  add_device("A");
  add_device("B");
  auto gang = hold(whole("gang", 1h, 2));
  lose("B");
  EXPECT_EQ(state(gang), LeaseState::REVOKING) << "the whole gang";
  EXPECT_EQ(outcome(gang), LeaseOutcome::DEVICE_LOST);
  EXPECT_EQ(at(gang).reason, "device B: fell off the bus");
  pass(options.ask_grace + options.kill_limit);
  EXPECT_EQ(state(gang), LeaseState::DRAINING);
  pass(poll_interval);
  EXPECT_TRUE(is_granted(ask(whole("next")))) << "A has drained";
  pass(options.drain_limit);
  EXPECT_EQ(state(gang), LeaseState::ENDED);
}

TEST_F(ledger_observations, a_device_that_the_driver_no_longer_lists_is_lost) {
  add_device("A");
  add_device("B");
  auto id = hold(whole("h"));
  devices.erase(devices.begin());
  poll();
  EXPECT_EQ(state_of("A"), GpuAvailability::LOST);
  EXPECT_EQ(at(id).reason, "device A: the driver no longer lists it");
}

TEST_F(ledger_observations, requests_that_only_a_lost_device_could_serve_are_refused) {
  add_device("A");
  add_device("B", 0, 20'000);
  hold(whole("on A"));
  hold(part("on B", 20'000));
  auto big = ask(part("big", 15'000));
  auto small = ask(part("small", 5'000));
  auto gang = ask(whole("gang", 1h, 2));
  lose("B");
  EXPECT_EQ(outcome(big), LeaseOutcome::INFEASIBLE);
  EXPECT_EQ(at(big).reason, "15000 MiB are more than any device of this node has: 10000 MiB");
  EXPECT_EQ(outcome(gang), LeaseOutcome::INFEASIBLE);
  EXPECT_TRUE(is_waiting(small));
  EXPECT_EQ(what().head()->id, small);
}

TEST_F(ledger_observations, a_device_that_comes_back_while_leased_is_trusted_after_three_idle_polls) {
  add_device("A");
  add_device("B");
  auto id = hold(whole("h"));
  lose("A");
  bring_back("A");
  poll();
  EXPECT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
  release(id);
  pass(poll_interval); // drained
  EXPECT_EQ(state(id), LeaseState::ENDED);
  EXPECT_EQ(account("A").reason_at(now, options), "it was lost while it was leased, and has not been seen idle since");
  pass(poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
  pass(poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::OK);
}

// -- quarantine -------------------------------------------------------------------------

TEST_F(ledger_observations, memory_that_does_not_come_back_is_quarantined_and_counted) {
  add_device("A");
  quarantine("A");
  EXPECT_EQ(account("A").quarantined(), 10'000u);
  EXPECT_EQ(account("A").free(), 0u);
  EXPECT_EQ(account("A").reason_at(now, options), "10000 MiB of an ended lease have not come back");
  EXPECT_EQ(refused(whole("next")), "unsupported: no GPU of this node can be leased");
}

TEST_F(ledger_observations, co_tenants_of_memory_that_is_quarantined_go_on) {
  add_device("A");
  auto stays = hold(part("stays", 2'000));
  auto leaks = hold(part("leaks", 3'000));
  use(stays, "A", 2'000);
  use(leaks, "A", 3'000);
  poll();
  device("A").leased.pop_back(); // memory of no process
  release(leaks);
  pass(options.drain_limit);
  EXPECT_EQ(state(leaks), LeaseState::ENDED);
  EXPECT_EQ(account("A").quarantined(), 3'000u);
  EXPECT_EQ(state(stays), LeaseState::ACTIVE);
  EXPECT_EQ(account("A").leased(), 2'000u);
}

TEST_F(ledger_observations, a_quarantine_ends_after_three_idle_polls_in_a_row) {
  add_device("A");
  quarantine("A");
  device("A").used = 0;
  pass(2 * poll_interval);
  device("A").used = 4'000; // not idle
  pass(poll_interval);
  device("A").used = 0;
  pass(2 * poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
  pass(poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::OK);
  EXPECT_TRUE(is_granted(ask(whole("next"))));
}

TEST_F(ledger_observations, a_poll_that_did_not_see_the_device_interrupts_the_row) {
  add_device("A");
  quarantine("A");
  device("A").used = 0;
  pass(2 * poll_interval);
  device("A").state = GpuAvailability::UNKNOWN;
  pass(poll_interval);
  device("A").state = GpuAvailability::OK;
  pass(2 * poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
  pass(poll_interval);
  EXPECT_EQ(state_of("A"), GpuAvailability::OK);
}

TEST_F(ledger_observations, an_operator_ends_a_quarantine) {
  add_device("A");
  quarantine("A");
  apply(events::cleared{"A"});
  EXPECT_EQ(state_of("A"), GpuAvailability::OK);
  EXPECT_EQ(account("A").foreign(), 4'000u) << "what is still used belongs to others from now on";
  EXPECT_TRUE(is_granted(ask(part("next", 6'000))));
  apply(events::cleared{"A"});
  EXPECT_EQ(refusal(), "conflict: the device is not in quarantine");
  apply(events::cleared{"B"});
  EXPECT_EQ(refusal(), "not found: no device B");
}

TEST_F(ledger_observations, leases_that_end_one_after_the_other_drain_one_after_the_other) {
  add_device("A");
  auto first = hold(part("first", 2'000));
  auto second = hold(part("second", 3'000));
  use(first, "A", 1'500);
  use(second, "A", 2'500);
  poll();
  release(first);
  pass(10s);
  device("A").leased.clear();
  release(second); // both leave memory of no process now
  pass(1s);
  EXPECT_EQ(state(first), LeaseState::DRAINING);
  device("A").used = 2'500; // that of the first is back
  pass(poll_interval);
  EXPECT_EQ(outcome(first), LeaseOutcome::RELEASED) << "the second is charged with all that is left";
  pass(1s);
  EXPECT_EQ(state(second), LeaseState::DRAINING);
  device("A").used = 0;
  pass(poll_interval);
  EXPECT_EQ(outcome(second), LeaseOutcome::RELEASED);
}

TEST_F(ledger_observations, what_is_left_after_an_operators_word_is_learned_from_the_next_poll) {
  add_device("A");
  auto id = hold(part("leaks", 4'000));
  use(id, "A", 4'000);
  poll();
  is_silent = true;
  release(id);
  pass(options.drain_limit);
  ASSERT_EQ(state_of("A"), GpuAvailability::QUARANTINED);
  apply(events::cleared{"A"});
  auto next = ask(part("next", 3'000));
  device("A").leased.clear(); // memory of no process, which nobody has seen yet
  poll();
  EXPECT_TRUE(is_granted(next));
  EXPECT_EQ(account("A").foreign(), 4'000u);
  poll();
  EXPECT_EQ(account("A").foreign(), 4'000u) << "none of it is that of the new lease";
}

// -- what leases use ----------------------------------------------------------------------

TEST_F(ledger_observations, a_lease_that_uses_more_than_it_has_is_taken_away) {
  add_device("A");
  auto id = hold(part("h", 2'000));
  use(id, "A", 2'128);
  poll();
  EXPECT_EQ(state(id), LeaseState::ACTIVE) << "within the tolerance";
  use(id, "A", 2'129);
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::OVERUSED);
  EXPECT_EQ(at(id).reason, "it uses 2129 MiB of device A and leased 2000");
  EXPECT_EQ(at(id).devices[0].peak, 2'129u);
}

TEST_F(ledger_observations, processes_that_nobody_named_are_taken_for_those_of_the_lease) {
  add_device("A");
  hold(part("h", 4'000));
  device("A").used = device("A").foreign = 3'500; // a context of each holder is seen as foreign
  poll();
  EXPECT_EQ(account("A").foreign(), 0u);
  EXPECT_EQ(account("A").free(), 6'000u);
  device("A").used = device("A").foreign = 5'000;
  poll();
  EXPECT_EQ(account("A").foreign(), 1'000u) << "more than it has";
}

TEST_F(ledger_observations, memory_of_processes_that_nobody_named_drains_too) {
  add_device("A");
  auto id = hold(part("h", 4'000));
  device("A").used = device("A").foreign = 3'500;
  poll();
  release(id);
  pass(1s);
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  device("A").used = device("A").foreign = 0;
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
}

TEST_F(ledger_observations, memory_that_was_foreign_before_does_not_have_to_drain) {
  add_device("A");
  device("A").used = device("A").foreign = 3'000;
  auto id = hold(part("h", 4'000));
  release(id);
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
  EXPECT_EQ(account("A").foreign(), 3'000u);
}

TEST_F(ledger_observations, a_usage_that_the_driver_does_not_tell_is_that_of_the_lease) {
  add_device("A");
  auto id = hold(part("h", 4'000));
  device("A").used = 3'800;
  device("A").leased = {{id, 0}};
  poll();
  EXPECT_EQ(account("A").foreign(), 0u);
  EXPECT_EQ(account("A").free(), 6'000u);
}

} // namespace
} // namespace hive::gpu::testing
