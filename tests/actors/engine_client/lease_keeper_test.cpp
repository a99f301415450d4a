#include "actors/engine_client/lease_keeper.hpp"

#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
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
using testing::HasSubstr;
using testing::IsEmpty;

/// What the session of a node was asked, and its answers.
struct node_state {
  std::vector<std::string> asked;
  std::list<caf::typed_response_promise<msg<wire::Lease>>> waiting; ///< requests that wait, and renewals when `silent`
  wire::LeaseState first = wire::LeaseState::ACTIVE;                ///< of a request that does not wait
  caf::error refusal;                                               ///< of all requests
  caf::error no_renewal;
  bool silent = false; ///< does not answer renewals
};

msg<wire::Lease> lease_in(wire::LeaseState state, const std::string& reason = {},
                          wire::LeaseOutcome outcome = wire::LeaseOutcome::OPEN) {
  return msg<wire::Lease>::build([&](wire::Lease::Builder out) {
    out.setId("l1");
    out.setState(state);
    out.setReason(reason);
    out.setOutcome(outcome);
    if (state == wire::LeaseState::ACTIVE)
      out.setToken("token");
  });
}

caf::behavior session_stub(caf::event_based_actor* self, node_state* state) {
  using answer = caf::result<msg<wire::Lease>>;
  fail_on_unexpected(self);
  auto later = [self, state] {
    state->waiting.push_back(self->make_response_promise<msg<wire::Lease>>());
    return state->waiting.back();
  };
  return {
    [=](const msg<wire::RequestLease>& what) -> answer {
      state->asked.emplace_back(what->getWait() ? "wait " : "request ");
      state->asked.back() += what->getKey().cStr();
      if (state->refusal)
        return state->refusal;
      if (what->getWait())
        return later();
      return lease_in(state->first);
    },
    // CAF delivers in the context of the actor that made the promise, so that the actor itself has to be asked.
    [=](const msg<wire::Lease>& answer_of_waiting) {
      for (auto& each : std::exchange(state->waiting, {}))
        each.deliver(answer_of_waiting);
    },
    [=](const msg<wire::RenewLease>& what) -> answer {
      state->asked.push_back(std::string{"renew "} + what->getToken().cStr());
      if (state->silent)
        return later();
      if (state->no_renewal)
        return state->no_renewal;
      return lease_in(wire::LeaseState::ACTIVE);
    },
    [=](const msg<wire::ReleaseLease>& what) -> answer {
      state->asked.push_back(std::string{"release "} + what->getToken().cStr());
      for (auto& each : std::exchange(state->waiting, {}))
        each.deliver(lease_in(wire::LeaseState::ENDED, "withdrawn", wire::LeaseOutcome::CANCELLED));
      return lease_in(wire::LeaseState::ENDED);
    },
  };
}

class lease_keeper_test : public testing::Test {
protected:
  ~lease_keeper_test() override {
    node.waiting.clear();
    if (keeper)
      tests.end(keeper);
    tests.end(presence);
  }

  test_reply<msg<wire::Lease>> start() {
    auto request = msg<wire::RequestLease>::build([](wire::RequestLease::Builder out) {
      out.setVramGb(1);
      out.setTtlS(30);
      out.setKey("key");
    });
    keeper = spawn_lease_keeper(
      tests.system(), {caf::actor_cast<engine_session_actor>(session), presence, {"n"}, request, 10s, status});
    return tests.ask<msg<wire::Lease>>(keeper, granted_atom::value);
  }

  void answer_waiting(const msg<wire::Lease>& with) {
    caf::anon_send(session, with);
    tests.run();
  }

  void revoke(const std::string& id) {
    caf::anon_send(presence, msg<wire::LeaseRevoked>::build([&](wire::LeaseRevoked::Builder out) {
                     out.setId(id);
                     out.setReason("revoked: by an operator");
                   }));
    tests.run();
  }

  deterministic_system tests;
  node_state node;
  caf::actor session = tests.system().spawn<caf::hidden>(session_stub, &node);
  local_presence_actor presence = spawn_presence(tests.system());
  std::vector<std::string> lost;
  std::shared_ptr<lease_status> status =
    std::make_shared<lease_status>([this](const std::string& why) { lost.push_back(why); });
  lease_keeper_actor keeper;
};

TEST_F(lease_keeper_test, has_what_is_granted_at_once_and_renews_it_thrice_in_its_time_to_live) {
  EXPECT_EQ(as_view(start().answer()->getToken()), "token");
  EXPECT_THAT(node.asked, ElementsAre("request key"));
  tests.pass(10s);
  tests.pass(10s);
  EXPECT_THAT(node.asked, ElementsAre("request key", "renew token", "renew token"));
  EXPECT_FALSE(status->is_lost());
}

TEST_F(lease_keeper_test, waits_under_the_same_key_for_as_long_as_it_takes) {
  node.first = wire::LeaseState::QUEUED;
  auto granted = start();
  tests.pass(std::chrono::hours{24});
  EXPECT_TRUE(granted.is_pending());
  EXPECT_THAT(node.asked, ElementsAre("request key", "wait key"));
  answer_waiting(lease_in(wire::LeaseState::ACTIVE));
  EXPECT_EQ(as_view(granted.answer()->getToken()), "token");
  tests.pass(10s);
  EXPECT_EQ(node.asked.back(), "renew token");
}

TEST_F(lease_keeper_test, says_why_there_is_none) {
  node.refusal = fail(ec::unsupported, "no device has so much");
  expect_refused(start(), ec::unsupported, "no device has so much");
  tests.end(keeper);
  node.refusal = {};
  node.first = wire::LeaseState::QUEUED;
  auto granted = start();
  answer_waiting(lease_in(wire::LeaseState::ENDED, "the device is lost", wire::LeaseOutcome::INFEASIBLE));
  expect_refused(granted, ec::unsupported, "the device is lost");
  tests.end(keeper);
  auto other = start();
  answer_waiting(lease_in(wire::LeaseState::ENDED, "by an operator", wire::LeaseOutcome::CANCELLED));
  expect_refused(other, ec::conflict, "by an operator");
}

TEST_F(lease_keeper_test, withdraws_what_waits_with_its_key_and_ends) {
  node.first = wire::LeaseState::QUEUED;
  auto granted = start();
  caf::anon_send(keeper, withdraw_atom::value);
  tests.run();
  EXPECT_EQ(node.asked.back(), "release key");
  EXPECT_FALSE(tests.is_alive(keeper));
}

/// The grant may be on its way when the caller gives up.
TEST_F(lease_keeper_test, gives_back_what_is_granted_too_late) {
  start().answer();
  caf::anon_send(keeper, withdraw_atom::value);
  tests.run();
  EXPECT_THAT(node.asked, ElementsAre("request key", "release token"));
  EXPECT_FALSE(tests.is_alive(keeper));
}

TEST_F(lease_keeper_test, is_told_of_its_own_revocation_alone_and_once) {
  start().answer();
  revoke("l2");
  EXPECT_FALSE(status->is_lost());
  revoke("l1");
  revoke("l1");
  EXPECT_THAT(lost, ElementsAre("revoked: by an operator"));
  EXPECT_FALSE(status->has_ended()) << "it is still to be given back";
  node.asked.clear();
  tests.pass(60s);
  EXPECT_THAT(node.asked, IsEmpty()) << "and renewed no more";
}

TEST_F(lease_keeper_test, loses_what_the_node_does_not_renew) {
  start().answer();
  node.no_renewal = fail(ec::conflict, "lease l1: it is being revoked");
  tests.pass(10s);
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_THAT(lost[0], HasSubstr("being revoked"));
}

TEST_F(lease_keeper_test, tries_again_when_a_renewal_failed_for_now) {
  start().answer();
  node.no_renewal = fail(ec::overloaded, "too much to do");
  tests.pass(10s);
  EXPECT_FALSE(status->is_lost());
  node.no_renewal = {};
  tests.pass(3s);
  EXPECT_THAT(node.asked, ElementsAre("request key", "renew token", "renew token"));
  tests.pass(10s);
  EXPECT_EQ(node.asked.size(), 4U) << "as often as before";
  EXPECT_FALSE(status->is_lost());
}

TEST_F(lease_keeper_test, loses_it_with_its_connection_and_at_once_what_waits) {
  start().answer();
  tests.end(session);
  EXPECT_TRUE(status->is_lost());
  EXPECT_TRUE(status->has_ended());
  EXPECT_FALSE(tests.is_alive(keeper));
  session = tests.system().spawn<caf::hidden>(session_stub, &node);
  node.first = wire::LeaseState::QUEUED;
  auto granted = start();
  tests.end(session);
  expect_refused(granted, ec::unavailable, "connection with node n was lost");
}

TEST(lease_status, calls_back_once_and_not_when_silenced) {
  std::vector<std::string> calls;
  std::unique_ptr<lease_status> status;
  status = std::make_unique<lease_status>([&](const std::string& why) {
    calls.push_back(why);
    status->silence(); // as when the callback gives the lease back
  });
  status->lose("first");
  status->lose("second");
  EXPECT_THAT(calls, ElementsAre("first"));
  EXPECT_EQ(status->why_lost(), "first");
  lease_status silent{[&](const std::string&) { calls.emplace_back("never"); }};
  silent.silence();
  silent.lose("third");
  EXPECT_TRUE(silent.is_lost());
  EXPECT_EQ(calls.size(), 1U);
}

} // namespace
} // namespace hive
