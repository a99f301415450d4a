// What the ledger makes of leases of an earlier start of the node.

#include "gpu/ledger/ledger.hpp"

#include "tests/gpu/ledger/ledger_fixture.hpp"

namespace hive::gpu::testing {
namespace {

class ledger_restart : public ledger_fixture {
public:
  /// The node starts anew with this lease from its store.
  void restart_with(lease_id id, bool is_seen = true) {
    auto kept = at(id);
    std::vector<std::string> uuids;
    for (const auto& each : kept.devices)
      uuids.push_back(what().devices()[each.device].uuid());
    std::ranges::reverse(devices); // in another order
    ++options.epoch;
    orders.clear();
    restart();
    apply(events::restored{kept, uuids});
    if (is_seen)
      poll();
  }
};

TEST_F(ledger_restart, an_active_lease_keeps_its_devices_and_its_token_for_one_ttl) {
  add_device("A");
  add_device("B");
  auto asked = whole("h");
  asked.ttl = 30s;
  auto id = hold(asked);
  use(id, "A", 5'000);
  auto token = at(id).token;
  pass(20s);
  restart_with(id);
  EXPECT_EQ(where(id), "A");
  EXPECT_EQ(account("A").leased(), 10'000u);
  EXPECT_EQ(at(id).expires_at, now + 30s);
  EXPECT_EQ(at(id).ends_at, began + 1h);
  apply(events::renewed{id, token, false, false});
  EXPECT_EQ(refusal(), "");
  auto next = hold(whole("next"));
  EXPECT_EQ(where(next), "B");
  EXPECT_GT(at(next).token, token);
}

TEST_F(ledger_restart, a_grant_that_was_written_is_active) {
  add_device("A");
  auto id = ask(whole("h"));
  ASSERT_EQ(state(id), LeaseState::RESERVED);
  restart_with(id);
  EXPECT_EQ(state(id), LeaseState::ACTIVE);
}

TEST_F(ledger_restart, a_release_goes_on) {
  add_device("A");
  auto id = hold(whole("h"));
  use(id, "A", 5'000);
  renew(id, false, true);
  release(id);
  pass(3s);
  restart_with(id);
  EXPECT_EQ(state(id), LeaseState::RELEASING);
  pass(options.ask_grace);
  EXPECT_EQ(state(id), LeaseState::KILLING);
}

TEST_F(ledger_restart, who_was_asked_is_asked_again) {
  add_device("A");
  auto id = hold(whole("h"));
  use(id, "A", 5'000);
  renew(id, false, true);
  apply(events::revoked{id, "the operator needs it", false});
  restart_with(id, false);
  EXPECT_EQ(state(id), LeaseState::REVOKING);
  EXPECT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders.front().second, "ask h");
}

TEST_F(ledger_restart, who_was_to_be_killed_is_killed) {
  add_device("A");
  auto id = hold(whole("h"));
  use(id, "A", 5'000);
  renew(id, false, true);
  apply(events::revoked{id, "the operator needs it", true});
  restart_with(id, false); // the node may have died before it did
  EXPECT_EQ(state(id), LeaseState::KILLING);
  EXPECT_EQ(orders.size(), 1u);
  EXPECT_EQ(orders.front().second, "kill h");
}

TEST_F(ledger_restart, what_drains_goes_on_draining) {
  add_device("A");
  auto id = hold(whole("h"));
  use(id, "A", 5'000);
  poll();
  release(id);
  restart_with(id);
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  pass(1s);
  forget(id, "A");
  EXPECT_EQ(state(id), LeaseState::DRAINING);
  pass(poll_interval);
  EXPECT_EQ(outcome(id), LeaseOutcome::RELEASED);
}

TEST_F(ledger_restart, a_part_that_has_drained_stays_so) {
  add_device("A");
  add_device("B");
  auto gang = hold(whole("gang", 1h, 2));
  use(gang, "A", 5'000);
  use(gang, "B", 5'000);
  poll();
  release(gang);
  forget(gang, "B");
  pass(poll_interval);
  EXPECT_TRUE(has_said(output::kind::changed, gang)) << "to be stored before B is granted again";
  auto next = ask(whole("next"));
  EXPECT_EQ(where(next), "B");
  restart_with(gang);
  EXPECT_EQ(account("B").leased(), 0u);
  EXPECT_EQ(account("A").leased(), 10'000u);
}

TEST_F(ledger_restart, a_waiting_request_waits_on_with_its_turn_and_its_key) {
  add_device("A");
  hold(whole("running"));
  auto asked = whole("h");
  asked.key = "k";
  asked.patience = 60s;
  auto id = ask(asked);
  pass(20s);
  device("A").foreign = device("A").used = 5'000; // A is not free yet
  restart_with(id);
  EXPECT_TRUE(is_waiting(id));
  EXPECT_EQ(at(id).requested_at, began);
  EXPECT_EQ(at(id).expires_at, now + 60s);
  EXPECT_EQ(ask(asked), id);
}

TEST_F(ledger_restart, the_promised_head_keeps_its_turn) {
  add_device("A");
  auto running = hold(whole("running"));
  auto urgent = whole("urgent");
  urgent.priority = 100;
  auto head = ask(whole("head"));
  auto second = ask(urgent);
  std::vector<lease> kept{at(second), at(head), at(running)};
  ++options.epoch;
  restart();
  for (const auto& each : kept)
    apply(events::restored{each, each.devices.empty() ? std::vector<std::string>{} : std::vector<std::string>{"A"}});
  poll();
  EXPECT_EQ(what().head()->id, head);
  EXPECT_EQ(at(head).promised_at, began + 1h + to_free());
  EXPECT_EQ(promised_in(second), std::nullopt);
}

TEST_F(ledger_restart, nobody_is_promised_anything_before_a_device_was_seen) {
  add_device("A");
  auto running = hold(whole("running"));
  auto low = whole("low");
  low.priority = -100;
  auto first = ask(whole("first"));
  apply(events::released{first, {}});
  auto waiting = ask(low);
  auto kept = at(waiting);
  kept.promised_at.reset();
  std::vector<lease> all{at(running), kept};
  ++options.epoch;
  restart();
  apply(events::restored{all[0], {"A"}});
  apply(events::restored{all[1], {}});
  EXPECT_EQ(promised_in(waiting), std::nullopt);
  auto before = all[1];
  before.id = {before.id.value + 1};
  before.asked.priority = 0;
  apply(events::restored{before, {}});
  poll();
  EXPECT_EQ(what().head()->id, before.id) << "it was its turn";
}

TEST_F(ledger_restart, a_request_waits_until_it_is_known_which_devices_there_are) {
  add_device("A");
  auto running = hold(whole("running"));
  auto id = ask(whole("h"));
  std::vector<lease> kept{at(running), at(id)};
  ++options.epoch;
  restart();
  apply(events::restored{kept[1], {}});
  apply(events::observed{{}, now, false});
  EXPECT_TRUE(is_waiting(id));
  apply(events::restored{kept[0], {"A"}});
  apply(events::observed{{}, now, false});
  EXPECT_TRUE(is_waiting(id));
  EXPECT_EQ(state(running), LeaseState::ACTIVE);
  apply(events::observed{{}, now});
  EXPECT_EQ(outcome(id), LeaseOutcome::INFEASIBLE);
  EXPECT_EQ(at(id).reason, "no GPU of this node can be leased");
  EXPECT_EQ(outcome(running), LeaseOutcome::DEVICE_LOST);
}

TEST_F(ledger_restart, requests_of_a_node_whose_devices_are_gone_are_refused) {
  add_device("A");
  hold(whole("running"));
  auto id = ask(whole("h"));
  auto kept = at(id);
  devices.clear();
  ++options.epoch;
  restart();
  apply(events::restored{kept, {}});
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::INFEASIBLE);
}

TEST_F(ledger_restart, a_loading_phase_goes_on) {
  options.load_limit = 30s;
  add_device("A");
  auto id = hold(part("h", 2'000));
  pass(10s);
  restart_with(id);
  auto second = ask(part("second", 2'000));
  EXPECT_TRUE(is_waiting(second));
  pass(20s);
  EXPECT_TRUE(is_granted(second));
}

TEST_F(ledger_restart, the_end_of_an_old_loading_phase_is_not_that_of_a_new_one) {
  options.load_limit = 30s;
  add_device("A");
  std::vector<lease> kept{at(hold(part("first", 2'000)))}; // its phase just passes, so it is not written again
  pass(31s);
  kept.insert(kept.begin(), at(hold(part("second", 2'000))));
  pass(10s);
  ++options.epoch;
  restart();
  for (const auto& each : kept)
    apply(events::restored{each, {"A"}});
  pass(2 * poll_interval);
  auto third = ask(part("third", 2'000));
  EXPECT_TRUE(is_waiting(third));
  pass(20s);
  EXPECT_TRUE(is_granted(third));
}

TEST_F(ledger_restart, a_device_that_is_gone_takes_its_leases_away) {
  add_device("A");
  add_device("B");
  auto id = hold(whole("h"));
  auto kept = at(id);
  devices.erase(devices.begin());
  ++options.epoch;
  restart();
  apply(events::restored{kept, {"A"}});
  poll();
  EXPECT_EQ(outcome(id), LeaseOutcome::DEVICE_LOST);
}

} // namespace
} // namespace hive::gpu::testing
