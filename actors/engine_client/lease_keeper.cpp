#include "actors/engine_client/lease_keeper.hpp"

#include "messages/baseline.capnp.h"
#include "messages/change.hpp"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"

#include <algorithm>
#include <caf/all.hpp>
#include <optional>
#include <vector>

namespace hive {
namespace {

// internal: the lease is to be renewed.
using renew_atom = caf::atom_constant<caf::atom("renew")>;
using lease_keeper_self = lease_keeper_actor::extend<caf::reacts_to<renew_atom>>;

/// Renewals in the time to live of a lease, so that two may be lost.
constexpr int renewals_per_ttl = 3;
/// Attempts in that time once one has failed.
constexpr int retries_per_ttl = 10;

bool is_final(const caf::error& why) {
  auto code = code_of(why);
  return code == ec::not_found || code == ec::conflict || code == ec::forbidden;
}

class lease_keeper_state {
public:
  using pointer = lease_keeper_self::stateful_pointer<lease_keeper_state>;
  static inline const char* name = "lease_keeper";

  void init(pointer self, lease_keeper_options options) {
    self_ = self;
    options_ = std::move(options);
    self_->monitor(options_.session);
    self_->send(options_.presence, follow_revocations{lease_keeper_actor{self_}}); // before anything can be revoked
    request(false, caf::duration{options_.timeout});
  }

  caf::result<msg<wire::Lease>> granted() {
    if (failure_)
      return failure_;
    if (lease_)
      return *lease_;
    promise_ = self_->make_response_promise<msg<wire::Lease>>();
    return promise_;
  }

  void withdraw() {
    is_withdrawn_ = true;
    if (lease_)
      give_back((*lease_)->getToken());
    else if (!id_.empty())
      give_back(options_.request->getKey());
    else if (failure_)
      self_->quit();
  }

  void renew() {
    if (options_.status->is_lost() || is_withdrawn_)
      return;
    auto sent_at = std::chrono::steady_clock::now();
    auto renewal = msg<wire::RenewLease>::build([&](wire::RenewLease::Builder out) {
      out.setId(id_);
      out.setToken((*lease_)->getToken());
    });
    self_->request(options_.session, std::min(options_.timeout, ttl()), renewal)
      .then(
        [this, sent_at](const msg<wire::Lease>&) {
          renewed_at_ = sent_at;
          self_->delayed_send(self_, ttl() / renewals_per_ttl, renew_atom::value);
        },
        [this](const caf::error& why) { on_not_renewed(why); });
  }

  void on_revoked(wire::LeaseRevoked::Reader what) {
    if (lease_ && as_view(what.getId()) == id_)
      options_.status->lose(std::string{as_view(what.getReason())});
  }

  void on_session_lost() {
    auto why = "the connection with node " + options_.node.value + " was lost";
    options_.status->end(why);
    fail_with(fail(ec::unavailable, why));
    self_->quit();
  }

private:
  std::chrono::milliseconds ttl() const {
    return std::chrono::milliseconds{static_cast<int64_t>(options_.request->getTtlS() * 1'000)};
  }

  void request(bool waits, caf::duration timeout) {
    auto wanted = changed(options_.request, [&](wire::RequestLease::Builder out) { out.setWait(waits); });
    self_->request(options_.session, timeout, wanted)
      .then([this](const msg<wire::Lease>& lease) { on_answer(lease); },
            [this](const caf::error& why) { on_no_answer(why); });
  }

  void on_answer(const msg<wire::Lease>& lease) {
    bool was_known = !id_.empty();
    id_ = as_view(lease->getId());
    switch (lease->getState()) {
    case wire::LeaseState::QUEUED:
      if (is_withdrawn_)
        return was_known ? void() : give_back(options_.request->getKey());
      return request(true, caf::infinite);
    case wire::LeaseState::ACTIVE:
      return on_granted(lease);
    default:
      return fail_with(why_none(*lease));
    }
  }

  void on_granted(const msg<wire::Lease>& lease) {
    lease_ = lease;
    if (is_withdrawn_)
      return give_back(lease->getToken());
    renewed_at_ = std::chrono::steady_clock::now();
    if (promise_.pending())
      promise_.deliver(lease);
    self_->delayed_send(self_, ttl() / renewals_per_ttl, renew_atom::value);
  }

  static caf::error why_none(wire::Lease::Reader lease) {
    std::string reason{as_view(lease.getReason())};
    auto code = lease.getOutcome() == wire::LeaseOutcome::INFEASIBLE ? ec::unsupported : ec::conflict;
    return fail(code, "lease " + std::string{as_view(lease.getId())} + " was not granted: " + reason);
  }

  void on_no_answer(const caf::error& why) {
    fail_with(why == caf::sec::request_timeout ? fail(ec::outcome_unknown, "the node did not answer in time") : why);
  }

  void fail_with(const caf::error& why) {
    failure_ = why;
    if (promise_.pending())
      promise_.deliver(why);
    if (is_withdrawn_)
      self_->quit();
  }

  void on_not_renewed(const caf::error& why) {
    bool is_over = std::chrono::steady_clock::now() >= renewed_at_ + ttl();
    if (is_final(why) || is_over)
      return options_.status->lose("it could not be renewed: " + hive::text_of(why));
    self_->delayed_send(self_, ttl() / retries_per_ttl, renew_atom::value);
  }

  /// With its token or, while it waits, its key.
  void give_back(const capnp::Text::Reader& secret) {
    auto what = msg<wire::ReleaseLease>::build([&](wire::ReleaseLease::Builder out) {
      out.setId(id_);
      out.setToken(secret);
    });
    self_->request(options_.session, options_.timeout, what)
      .then([this](const msg<wire::Lease>&) { self_->quit(); }, [this](const caf::error&) { self_->quit(); });
  }

  pointer self_ = nullptr;
  lease_keeper_options options_;
  std::string id_;
  std::optional<msg<wire::Lease>> lease_;
  caf::error failure_;
  caf::typed_response_promise<msg<wire::Lease>> promise_;
  std::chrono::steady_clock::time_point renewed_at_;
  bool is_withdrawn_ = false;
};

lease_keeper_self::behavior_type lease_keeper(lease_keeper_state::pointer self, lease_keeper_options options) {
  auto& state = self->state;
  self->set_down_handler([&state](const caf::down_msg&) { state.on_session_lost(); });
  state.init(self, std::move(options));
  return {
    [&state](granted_atom) { return state.granted(); },
    [&state](withdraw_atom) { state.withdraw(); },
    [&state](const msg<wire::LeaseRevoked>& what) { state.on_revoked(*what); },
    [&state](renew_atom) { state.renew(); },
  };
}

class presence_state {
public:
  std::vector<lease_keeper_actor> keepers;
};

local_presence_actor::behavior_type presence(local_presence_actor::stateful_pointer<presence_state> self) {
  auto& keepers = self->state.keepers;
  self->set_down_handler([&keepers](const caf::down_msg& down) {
    std::erase_if(keepers, [&](const auto& each) { return each.address() == down.source; });
  });
  return {
    [](const msg<wire::Ping>& ping) {
      return msg<wire::Pong>::build([&](wire::Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [self, &keepers](const msg<wire::LeaseRevoked>& what) {
      for (const auto& each : keepers)
        self->send(each, what);
    },
    [self, &keepers](const follow_revocations& by) {
      self->monitor(by.keeper);
      keepers.push_back(by.keeper);
    },
  };
}

} // namespace

local_presence_actor spawn_presence(caf::actor_system& system) {
  return system.spawn<caf::hidden>(presence);
}

lease_keeper_actor spawn_lease_keeper(caf::actor_system& system, lease_keeper_options options) {
  return system.spawn<caf::hidden>(lease_keeper, std::move(options));
}

} // namespace hive
