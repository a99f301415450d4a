// Whose turn it is, the promise to the head of the queue, and what may start before it.

#include "gpu/ledger/ledger.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

class ledger_grants : public ledger_fixture {};

TEST_F(ledger_grants, first_come_first_served) {
  add_device("A");
  auto running = hold(whole("running"));
  auto first = ask(whole("first"));
  pass(1ms);
  auto second = ask(whole("second"));
  finish(running);
  EXPECT_TRUE(is_granted(first));
  EXPECT_TRUE(is_waiting(second));
}

TEST_F(ledger_grants, a_step_of_priority_counts_as_some_waiting_and_no_more) {
  options.priority_step = 600s;
  add_device("A");
  hold(whole("running", 10h));
  ask(whole("head"));
  auto early = ask(whole("early"));
  auto urgent = whole("urgent");
  urgent.priority = 1;
  pass(599s);
  auto in_time = ask(urgent);
  pass(2s);
  auto too_late = ask(urgent);
  std::vector<lease_id> order;
  for (const auto* each : what().waiting_leases())
    order.push_back(each->id);
  EXPECT_EQ(std::vector(order.begin() + 1, order.end()), (std::vector{in_time, early, too_late}));
}

TEST_F(ledger_grants, the_order_of_two_requests_never_changes) {
  options.priority_step = 600s;
  add_device("A");
  auto running = hold(whole("running", 10h));
  auto head = ask(whole("head"));
  auto patient = whole("patient");
  patient.priority = -3;
  auto first = ask(patient);
  pass(29min);
  auto second = ask(whole("second"));
  pass(30min); // both have waited for longer than the priority counts
  finish(running);
  finish(stored(head));
  EXPECT_TRUE(is_granted(second));
  EXPECT_TRUE(is_waiting(first));
}

// -- the promise --------------------------------------------------------------------

TEST_F(ledger_grants, the_head_is_promised_the_end_of_what_runs_with_the_time_to_free_it) {
  add_device("A");
  hold(whole("running", 1h));
  auto head = ask(whole("head"));
  EXPECT_EQ(promised_in(head), 1h + to_free());
  EXPECT_EQ(what().head()->id, head);
  auto second = ask(whole("second"));
  EXPECT_EQ(promised_in(second), std::nullopt);
  EXPECT_EQ(what().expected_start(second), at(head).promised_at);
}

TEST_F(ledger_grants, a_promise_only_gets_earlier) {
  add_device("A");
  add_device("B");
  auto shorter = hold(whole("shorter", 1h));
  auto longer = hold(whole("longer", 2h));
  auto head = ask(whole("head", 1h, 2));
  EXPECT_EQ(promised_in(head), 2h + to_free());
  pass(10min);
  finish(longer);
  EXPECT_EQ(at(head).promised_at, began + 1h + to_free());
  apply(events::revoked{shorter, "why", false});
  EXPECT_EQ(promised_in(head), to_free() - options.lateness) << "one step less";
}

TEST_F(ledger_grants, a_promised_head_keeps_its_turn_when_a_higher_priority_arrives) {
  add_device("A");
  auto running = hold(whole("running"));
  auto head = ask(whole("head"));
  auto promise = at(head).promised_at;
  auto urgent = whole("urgent");
  urgent.priority = 100;
  auto second = ask(urgent);
  EXPECT_EQ(what().head()->id, head);
  EXPECT_EQ(at(head).promised_at, promise);
  finish(running);
  EXPECT_TRUE(is_granted(head));
  EXPECT_EQ(what().head()->id, second);
}

TEST_F(ledger_grants, the_next_one_is_promised_a_start_when_the_head_leaves) {
  add_device("A");
  hold(whole("running"));
  auto head = ask(whole("head"));
  auto second = ask(whole("second"));
  apply(events::released{head, {}});
  EXPECT_EQ(what().head()->id, second);
  EXPECT_EQ(promised_in(second), 1h + to_free());
}

TEST_F(ledger_grants, the_head_starts_as_promised_although_nobody_gives_back) {
  add_device("A");
  auto running = hold(whole("running", 60s));
  use(running, "A", 5'000);
  renew(running, false, true);
  auto head = ask(whole("head"));
  auto promise = *at(head).promised_at;
  pass(60s + options.ask_grace);
  EXPECT_EQ(state(running), LeaseState::KILLING);
  forget(running, "A"); // at last
  pass(options.kill_limit);
  EXPECT_EQ(state(running), LeaseState::DRAINING);
  pass(poll_interval);
  EXPECT_TRUE(is_granted(head));
  EXPECT_LE(at(head).granted_at, promise);
}

// -- backfilling ----------------------------------------------------------------------

TEST_F(ledger_grants, what_ends_before_the_promise_starts_beside_it) {
  add_device("A");
  add_device("B");
  hold(whole("running", 1h));
  ask(whole("head", 1h, 2));
  EXPECT_TRUE(is_waiting(ask(whole("a bit too long", 1h + 1us))));
  EXPECT_TRUE(is_granted(ask(whole("as long as possible", 1h))));
}

TEST_F(ledger_grants, a_shared_lease_starts_beside_a_promise_that_leaves_room_for_it) {
  add_device("A");
  hold(part("running", 5'000, 1h));
  auto head = ask(part("head", 6'000));
  EXPECT_EQ(promised_in(head), 1h + to_free());
  EXPECT_TRUE(is_waiting(ask(part("does not fit beside the head", 4'500, 10h))));
  EXPECT_TRUE(is_granted(ask(part("does", 4'000, 10h))));
  EXPECT_EQ(promised_in(head), 1h + to_free());
}

TEST_F(ledger_grants, another_device_is_tried_when_the_best_fit_is_in_the_heads_way) {
  add_device("A");
  add_device("B", 0, 20'000);
  hold(part("on A", 5'000, 1h));
  hold(part("on B", 12'000, 2h));
  auto head = ask(part("head", 9'000));
  EXPECT_EQ(promised_in(head), 1h + to_free()) << "on A";
  auto small = ask(part("small", 4'000, 10h)); // would leave less on A than on B
  EXPECT_EQ(where(small), "B");
}

TEST_F(ledger_grants, a_gang_starts_on_the_devices_that_the_head_does_not_need) {
  for (auto uuid : {"A", "B", "C"})
    add_device(uuid);
  for (auto uuid : {"D", "E"})
    add_device(uuid, 0, 20'000);
  hold(part("on D and E", 11'000, 10h, 2));
  hold(whole("on A", 1h));
  auto head = ask(whole("head", 1h, 3));
  EXPECT_EQ(promised_in(head), 1h + to_free());
  auto gang = ask(part("gang", 1'000, 5h, 2)); // best fit: B and C, or what is left of D and E
  EXPECT_EQ(where(gang), "D E");
  auto second = ask(part("second gang", 8'500, 5h, 2)); // does not fit on D and E
  EXPECT_TRUE(is_waiting(second));
}

TEST_F(ledger_grants, a_gang_is_granted_all_or_nothing) {
  add_device("A");
  add_device("B");
  auto running = hold(whole("running"));
  auto gang = ask(whole("gang", 1h, 2));
  EXPECT_EQ(where(gang), "");
  EXPECT_TRUE(account("B").is_idle());
  finish(running);
  EXPECT_EQ(where(gang), "A B");
}

TEST_F(ledger_grants, requests_beyond_the_scan_depth_are_not_looked_at) {
  options.scan_depth = 2;
  add_device("A");
  add_device("B");
  hold(whole("on A", 1h));
  auto other = hold(whole("on B", 1h));
  ask(whole("head", 1h, 2));
  auto first = ask(whole("first behind it", 5h));
  ask(whole("second", 5h));
  auto third = ask(whole("third", 10min));
  finish(other);
  EXPECT_TRUE(is_waiting(third)) << "it would fit";
  apply(events::released{first, {}});
  EXPECT_TRUE(is_granted(third)) << "it is within reach now";
}

TEST_F(ledger_grants, what_waits_for_a_device_that_failed_holds_up_nobody) {
  add_device("A");
  add_device("B", 0, 20'000);
  hold(whole("on A", 1h));
  auto big = part("big", 15'000);
  auto running = hold(part("on B", 6'000, 2h));
  use(running, "B", 6'000);
  poll();
  auto head = ask(big);
  EXPECT_EQ(promised_in(head), 2h + to_free());
  device("B").foreign = 8'000; // somebody uses it without a lease
  device("B").used += 8'000;
  poll();
  EXPECT_EQ(promised_in(head), std::nullopt) << "nobody knows when they end";
  forget(running, "B");
  finish(running);
  EXPECT_TRUE(is_granted(ask(part("small", 1'000, 10h))));
  EXPECT_TRUE(is_waiting(head));
}

TEST_F(ledger_grants, a_void_promise_is_made_anew_when_the_device_is_back) {
  add_device("A");
  auto running = hold(part("running", 2'500, 1h));
  use(running, "A", 2'000);
  poll();
  auto head = ask(whole("head"));
  EXPECT_EQ(promised_in(head), 1h + to_free());
  device("A").foreign = 3'000;
  device("A").used += 3'000;
  poll();
  EXPECT_EQ(promised_in(head), std::nullopt);
  pass(10min);
  auto urgent = whole("urgent");
  urgent.priority = 100;
  ask(urgent);
  device("A").foreign = 0;
  device("A").used -= 3'000;
  poll();
  EXPECT_EQ(what().head()->id, head) << "it has kept its turn";
  EXPECT_EQ(at(head).promised_at, began + 1h + to_free());
}

TEST_F(ledger_grants, ticks_that_are_a_bit_late_break_no_promise) {
  add_device("A");
  auto running = hold(whole("running", 60s));
  use(running, "A", 5'000);
  renew(running, false, true);
  auto head = ask(whole("head"));
  auto promise = *at(head).promised_at;
  for (auto wait : {60s, 10s, 5s}) { // asked, killed, drained
    pass_with_late_tick(wait);
    EXPECT_EQ(at(head).promised_at, promise);
  }
  EXPECT_EQ(state(running), LeaseState::DRAINING);
  forget(running, "A");
  now += 1s;
  poll();
  EXPECT_TRUE(is_granted(head));
}

// -- timed leases -----------------------------------------------------------------------

TEST_F(ledger_grants, one_timed_lease_is_in_use_at_a_time) {
  add_device("A");
  add_device("B");
  auto timed = whole("timed", 1h);
  timed.timed = true;
  auto first = hold(timed);
  auto second = ask(timed);
  EXPECT_EQ(promised_in(second), 1h + to_free());
  EXPECT_TRUE(is_granted(ask(whole("not timed", 30min)))) << "it ends before the promise";
  release(first);
  EXPECT_TRUE(is_waiting(second)) << "B is taken";
  pass(poll_interval);
  EXPECT_TRUE(is_granted(second));
  EXPECT_EQ(where(second), "A");
}

TEST_F(ledger_grants, the_next_timed_lease_starts_when_the_processes_of_the_last_are_gone) {
  add_device("A");
  add_device("B");
  auto timed = whole("timed", 1h);
  timed.timed = true;
  auto first = hold(timed);
  renew(first, false, true);
  auto second = ask(timed);
  release(first);
  EXPECT_EQ(state(first), LeaseState::RELEASING);
  EXPECT_TRUE(is_waiting(second));
  apply(events::processes_ended{first});
  EXPECT_EQ(state(first), LeaseState::DRAINING);
  EXPECT_TRUE(is_granted(second)) << "memory that drains disturbs nobody on another device";
}

// -- loading phases -----------------------------------------------------------------------

TEST_F(ledger_grants, loading_phases_of_one_device_follow_each_other) {
  options.load_limit = 30s;
  add_device("A");
  auto first = hold(part("first", 1'000));
  auto second = ask(part("second", 1'000));
  EXPECT_EQ(promised_in(second), 30s + options.lateness);
  pass(10s);
  EXPECT_TRUE(is_waiting(second));
  renew(first, true);
  EXPECT_TRUE(is_granted(second));
  auto third = ask(part("third", 1'000));
  pass(29s + 999ms);
  EXPECT_TRUE(is_waiting(third));
  pass(1ms);
  EXPECT_TRUE(is_granted(third)) << "the second has had its time";
}

TEST_F(ledger_grants, a_loading_phase_ends_with_its_lease) {
  options.load_limit = 30s;
  add_device("A");
  auto first = hold(part("first", 1'000));
  auto second = ask(part("second", 1'000));
  release(first);
  EXPECT_TRUE(is_granted(second));
}

TEST_F(ledger_grants, another_device_does_not_wait_for_a_loading_phase) {
  options.load_limit = 30s;
  add_device("A");
  add_device("B");
  hold(part("first", 1'000));
  auto second = ask(part("second", 1'000));
  EXPECT_TRUE(is_granted(second));
  EXPECT_EQ(where(second), "B");
}

} // namespace
} // namespace hive::gpu::testing
