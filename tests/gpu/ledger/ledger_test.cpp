// Requests: what is refused and why, bounds, repeated keys, patience; and tokens.

#include "gpu/ledger/ledger.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

class ledger_requests : public ledger_fixture {
public:
  ledger_requests() {
    add_device("A", 0, 10'000);
    add_device("B", 0, 6'000);
  }
};

TEST_F(ledger_requests, more_memory_than_any_device_has_is_refused) {
  auto asked = part("h", 10'001);
  EXPECT_EQ(refused(asked), "unsupported: 10001 MiB are more than any device of this node has: 10000 MiB");
  asked.vram = 10'000;
  EXPECT_EQ(refused(asked), "");
}

TEST_F(ledger_requests, memory_is_that_of_one_device_and_no_sum) {
  EXPECT_EQ(refused(part("h", 12'000)), "unsupported: 12000 MiB are more than any device of this node has: 10000 MiB");
  EXPECT_EQ(refused(part("h", 7'000, 1h, 2)), "unsupported: 2 devices of 7000 MiB are more than this node has");
  EXPECT_EQ(refused(part("h", 6'000, 1h, 2)), "");
}

TEST_F(ledger_requests, gangs_larger_than_the_node_are_refused) {
  EXPECT_EQ(refused(whole("h", 1h, 3)), "unsupported: 3 devices are more than the 2 of this node that can be leased");
  EXPECT_EQ(refused(whole("h", 1h, 65)), "invalid: a lease has 1 to 64 devices, not 65");
}

TEST_F(ledger_requests, sizes_of_nothing_are_refused) {
  EXPECT_EQ(refused(part("h", 0)), "invalid: a lease has at least 1 MiB");
  EXPECT_EQ(refused(whole("h", 1h, 0)), "invalid: a lease has 1 to 64 devices, not 0");
}

TEST_F(ledger_requests, durations_outside_the_bounds_are_refused) {
  for (auto longest : {duration{0}, duration{-1s}, options.max_duration + duration{1}})
    EXPECT_EQ(refused(whole("h", longest)), "invalid: a lease lasts longer than 0 and at most 604800 s");
  EXPECT_EQ(refused(whole("h", options.max_duration)), "");
  auto asked = whole("h");
  asked.ttl = 0s;
  EXPECT_EQ(refused(asked), "invalid: a lease has a ttl above 0");
}

TEST_F(ledger_requests, a_timed_lease_shares_nothing) {
  auto asked = part("h", 1'000);
  asked.timed = true;
  EXPECT_EQ(refused(asked), "invalid: a timed lease has its devices to itself");
}

TEST_F(ledger_requests, without_a_device_nothing_can_be_asked_for) {
  devices.clear();
  EXPECT_EQ(refused(whole("h")), "unsupported: no GPU of this node can be leased");
}

TEST_F(ledger_requests, the_queue_has_a_bound) {
  options.max_queued = 2;
  hold(whole("running"));
  hold(part("beside", 6'000));
  ask(whole("first"));
  auto second = ask(whole("second"));
  EXPECT_EQ(refused(whole("third")), "overloaded: 2 requests for GPUs wait already");
  apply(events::released{second, {}});
  EXPECT_EQ(refused(whole("third")), "");
}

TEST_F(ledger_requests, each_holder_has_a_bound_in_the_queue) {
  options.max_queued_of_holder = 1;
  hold(whole("running"));
  hold(part("beside", 6'000));
  auto first = ask(whole("h"));
  EXPECT_EQ(refused(whole("h")), "overloaded: 1 requests for GPUs of h wait already");
  EXPECT_EQ(refused(whole("other")), "");
  apply(events::released{first, {}});
  EXPECT_EQ(refused(whole("h")), "");
}

TEST_F(ledger_requests, each_holder_has_a_bound_of_memory_on_all_devices) {
  options.max_mib_of_holder = 8'000;
  auto held = hold(part("h", 2'500, 1h, 2));
  EXPECT_EQ(refused(part("h", 3'001)), "overloaded: h would have more than its 8000 MiB, waiting requests included");
  EXPECT_EQ(refused(part("other", 3'001)), "");
  finish(held);
  EXPECT_EQ(refused(part("h", 3'001)), "");
}

TEST_F(ledger_requests, a_repeated_key_is_the_same_request) {
  auto asked = whole("h");
  asked.key = "k";
  auto first = hold(asked);
  EXPECT_EQ(ask(asked), first);
  EXPECT_EQ(said.size(), 1u); // nothing else happens
  asked.holder = "other";
  EXPECT_NE(ask(part("other", 100)), first);
  asked.holder = "h";
  finish(first);
  EXPECT_EQ(ask(asked), first) << "also after its end";
  EXPECT_EQ(what().find("h", "k")->id, first);
}

TEST_F(ledger_requests, a_repeated_key_of_a_request_for_something_else_is_refused) {
  auto asked = whole("h");
  asked.key = "k";
  auto first = hold(asked);
  asked.vram = 7'000;
  EXPECT_EQ(refused(asked), "conflict: the key k belongs to a request for something else");
  EXPECT_EQ(said.front().id, first);
}

TEST_F(ledger_requests, a_key_is_forgotten_with_its_lease) {
  options.max_ended = 2;
  auto asked = whole("h");
  asked.key = "k";
  auto first = hold(asked);
  finish(first);
  finish(hold(whole("h")));
  EXPECT_EQ(ask(asked), first);
  finish(hold(whole("h")));
  EXPECT_EQ(what().find(first), nullptr);
  EXPECT_NE(ask(asked), first);
}

TEST_F(ledger_requests, a_request_ends_when_nobody_asks_for_it_any_more) {
  hold(whole("running"));
  hold(part("beside", 6'000));
  auto asked = whole("h");
  asked.patience = 60s;
  auto waiting = ask(asked);
  auto patient = ask(whole("patient"));
  pass(59s);
  apply(events::polled{waiting});
  pass(59s);
  EXPECT_TRUE(is_waiting(waiting));
  pass(1s);
  EXPECT_EQ(outcome(waiting), LeaseOutcome::HOLDER_GONE);
  EXPECT_EQ(at(waiting).reason, "nobody asked for it any more");
  EXPECT_EQ(at(waiting).ended_at, began + 118s + 1s);
  EXPECT_TRUE(is_waiting(patient));
}

TEST_F(ledger_requests, a_request_dies_with_who_asked) {
  hold(whole("running"));
  hold(part("beside", 6'000));
  auto waiting = ask(whole("h"));
  apply(events::holder_ended{waiting});
  EXPECT_EQ(outcome(waiting), LeaseOutcome::HOLDER_GONE);
  EXPECT_EQ(what().queued(), 0u);
}

TEST_F(ledger_requests, a_request_is_withdrawn_by_whoever_knows_it) {
  hold(whole("running"));
  hold(part("beside", 6'000));
  auto waiting = ask(whole("h"));
  apply(events::released{waiting, {}});
  EXPECT_EQ(outcome(waiting), LeaseOutcome::CANCELLED);
  auto second = ask(whole("h"));
  apply(events::revoked{second, "no more work today", false});
  EXPECT_EQ(outcome(second), LeaseOutcome::REVOKED);
  EXPECT_EQ(at(second).reason, "no more work today");
}

class ledger_tokens : public ledger_requests {};

TEST_F(ledger_tokens, only_the_leases_own_token_is_accepted) {
  auto first = hold(part("first", 1'000));
  auto second = hold(part("second", 1'000));
  auto token = at(first).token;
  EXPECT_LT(token, at(second).token);
  for (auto wrong : {lease_token{}, at(second).token, lease_token{token.epoch, token.sequence - 1},
                     lease_token{token.epoch + 1, token.sequence}, lease_token{token.epoch - 1, token.sequence}}) {
    apply(events::renewed{first, wrong, false, false});
    EXPECT_EQ(refusal(), "forbidden: the token is not that of the lease");
    apply(events::released{first, wrong});
    EXPECT_EQ(refusal(), "forbidden: the token is not that of the lease");
  }
  EXPECT_EQ(state(first), LeaseState::ACTIVE);
}

TEST_F(ledger_tokens, a_lease_that_ended_is_neither_renewed_nor_released_nor_revoked) {
  auto id = hold(whole("h"));
  auto token = at(id).token;
  finish(id);
  for (const auto& late : {event{events::renewed{id, token, false, false}}, event{events::released{id, token}},
                           event{events::revoked{id, "why", false}}}) {
    apply(late);
    EXPECT_EQ(refusal(), "conflict: the lease has ended");
  }
  apply(events::renewed{{4711}, token, false, false});
  EXPECT_EQ(refusal(), "not found: no such lease");
  apply(events::revoked{{4711}, "why", false});
  EXPECT_EQ(refusal(), "not found: no such lease");
}

TEST_F(ledger_tokens, a_lease_that_is_not_on_disk_is_not_renewed) {
  auto id = ask(whole("h"));
  ASSERT_EQ(state(id), LeaseState::RESERVED);
  renew(id);
  EXPECT_EQ(refusal(), "conflict: the lease has not been granted yet");
}

TEST_F(ledger_tokens, a_lease_that_is_taken_away_is_not_renewed) {
  auto id = hold(whole("h"));
  apply(events::revoked{id, "the operator needs it", false});
  renew(id);
  EXPECT_EQ(refusal(), "conflict: the operator needs it");
}

TEST_F(ledger_tokens, processes_that_are_named_while_it_is_taken_away_are_stored) {
  auto id = hold(whole("h"));
  apply(events::revoked{id, "the operator needs it", false});
  renew(id, false, true);
  EXPECT_EQ(refusal(), "conflict: the operator needs it");
  EXPECT_TRUE(at(id).has_processes);
  EXPECT_TRUE(has_said(output::kind::changed, id));
}

TEST_F(ledger_tokens, a_start_of_the_node_has_higher_ones_than_all_before) {
  auto before = at(hold(whole("h"))).token;
  start();
  auto id = hold(whole("h"));
  EXPECT_GT(at(id).token, before);
  EXPECT_GT(id, lease_id{1ull << 33}) << "the id has the epoch too";
}

} // namespace
} // namespace hive::gpu::testing
