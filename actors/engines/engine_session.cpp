#include "actors/engines/engine_session.hpp"

#include "actors/defaults.hpp"
#include "actors/engines/lease_holder.hpp"
#include "actors/hive/link/malformed.hpp"
#include "actors/timed_requests.hpp"
#include "messages/baseline.capnp.h"
#include "messages/change.hpp"
#include "messages/door.capnp.h"
#include "messages/engine.capnp.h"
#include "messages/gpu.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/install.capnp.h"
#include "messages/research.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"
#include "platform/log.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <map>
#include <string>

namespace hive {
namespace {

// internal: a lease of the engine is being taken away.
using engine_session_self = local_engine_session_actor::extend<caf::reacts_to<lease_revoked>>;

class engine_session_state {
public:
  using pointer = engine_session_self::stateful_pointer<engine_session_state>;
  static inline const char* name = "engine_session";

  explicit engine_session_state(engine_session_self::base* self) : requests_{self} {
  }

  void init(pointer self, engine_services services, engine_session_options options) {
    self_ = self;
    services_ = std::move(services);
    options_ = std::move(options);
    refuse_malformed(self_, [engine = options_.caller.engine.name](uint64_t messages) {
      log::warn("Received malformed messages count={} engine={}", messages, engine);
    });
  }

  template <class Answer, class Service, class Request>
  caf::result<Answer> pass(const Service& service, Request request) {
    return pass<Answer>(service, std::move(request), defaults::request_timeout,
                        [this](const Answer& answer) { allow(answer); });
  }

  template <class Answer, class Service, class Request, class Seen>
  caf::result<Answer> pass(const Service& service, Request request, std::chrono::steady_clock::duration timeout,
                           Seen seen) {
    if (open_ >= defaults::max_engine_requests)
      return fail(ec::overloaded, std::to_string(open_) + " requests of this connection are open");
    ++open_;
    auto promise = self_->make_response_promise<Answer>();
    requests_.request(service, timeout, std::move(request))
      .then(
        [this, promise, seen](const Answer& answer) mutable {
          --open_;
          seen(answer);
          promise.deliver(answer);
        },
        [this, promise](const caf::error& err) mutable {
          --open_;
          promise.deliver(err);
        });
    return promise;
  }

  template <class Answer, class Request>
  caf::result<Answer> ask_spawner(const msg<Request>& request,
                                  std::chrono::steady_clock::duration timeout = defaults::request_timeout) {
    return pass<Answer>(services_.spawner, engine_request<Request>{options_.caller, request}, timeout,
                        [this](const Answer& answer) { allow(answer); });
  }

  // -- leases -----------------------------------------------------------------------

  /// Waits as long as it takes: what is granted must never be unknown to the engine.
  caf::result<msg<wire::Lease>> lease(const msg<wire::RequestLease>& asked) {
    if (asked->getPid() != 0)
      return may_not_name();
    auto request =
      changed(asked, [this](wire::RequestLease::Builder out) { out.setHolder(options_.caller.engine.name); });
    auto holder = spawn_lease_holder(self_->system(), caf::actor_cast<lease_holder_actor>(self_));
    self_->monitor(holder);
    return pass<msg<wire::Lease>>(services_.gpus, hold_lease{std::move(request), holder}, no_timeout,
                                  [this, by = holder.address()](const msg<wire::Lease>& lease) {
                                    remember(by, std::string{as_view(lease->getId())});
                                  });
  }

  caf::result<msg<wire::Lease>> renew(const msg<wire::RenewLease>& lease) {
    if (lease->getPid() != 0)
      return may_not_name();
    return pass<msg<wire::Lease>>(services_.gpus, lease);
  }

  caf::result<msg<wire::Lease>> release(const msg<wire::ReleaseLease>& lease) {
    if (lease->getToken().size() == 0)
      return fail(ec::forbidden, "only an operator may revoke a lease; its holder has its token");
    return pass<msg<wire::Lease>>(services_.gpus, lease);
  }

  void introduced(const engine_introduced& with) {
    presence_ = with.presence;
  }

  /// The scheduler alone refers to a holder, so the lease of one that ends has ended.
  void on_holder_down(const caf::actor_addr& holder) {
    if (auto ended = leases_.extract(holder))
      on_revoked({ended.mapped(), "it has ended"});
  }

  void on_revoked(const lease_revoked& what) {
    if (presence_)
      self_->send(presence_, msg<wire::LeaseRevoked>::build([&](wire::LeaseRevoked::Builder out) {
                    out.setId(what.id);
                    out.setReason(what.reason);
                  }));
  }

  const engine_services& services() const {
    return services_;
  }

private:
  /// Allows the engine to send to the actor in the answer.
  template <class Answer>
  void allow(const Answer& answer) {
    if constexpr (requires { answer.id(); }) {
      options_.allowlist->add(answer.id());
      caf::actor_cast<caf::abstract_actor*>(answer)->attach_functor(
        [allowlist = options_.allowlist, id = answer.id()] { allowlist->remove(id); });
    }
  }

  /// The node kills a process that is named when the lease is not given back.
  static caf::error may_not_name() {
    return fail(ec::forbidden, "an engine may not name a process of the node's machine; the node finds those that were "
                               "started with the lease's token as HIVE_LEASE_TOKEN");
  }

  /// A repeated request has the lease of the first one, and the first one's holder.
  void remember(const caf::actor_addr& holder, const std::string& id) {
    bool is_alive = caf::actor_cast<caf::strong_actor_ptr>(holder) != nullptr;
    bool is_known = std::ranges::any_of(leases_, [&](const auto& each) { return each.second == id; });
    if (is_alive && !is_known)
      leases_.emplace(holder, id);
  }

  pointer self_ = nullptr;
  timed_requests<engine_session_self::base> requests_;
  engine_services services_;
  engine_session_options options_;
  engine_presence_actor presence_;
  std::map<caf::actor_addr, std::string> leases_; ///< by their holders
  size_t open_ = 0;                               ///< pending requests
};

engine_session_self::behavior_type engine_session(engine_session_state::pointer self, engine_services services,
                                                  engine_session_options options) {
  using namespace wire;
  auto& state = self->state;
  self->set_down_handler([&state](const caf::down_msg& down) { state.on_holder_down(down.source); });
  state.init(self, std::move(services), std::move(options));
  return {
    [](const msg<Ping>& ping) {
      return msg<Pong>::build([&](Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [&state](const msg<RecordTasks>& tasks) { return state.pass<msg<TasksRecorded>>(state.services().tracker, tasks); },
    [&state](const msg<BestToolQuery>& query) { return state.pass<msg<BestTool>>(state.services().tracker, query); },
    [&state](const msg<RouteQuery>& query) { return state.pass<msg<Route>>(state.services().tracker, query); },
    [&state](const msg<PutRecipe>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<PutTrust>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<PutPrompt>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<SetActive>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<AddSpans>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<AddRuns>& m) { return state.pass<msg<AgentInputStored>>(state.services().baselines, m); },
    [&state](const msg<CaptureBaseline>& m) { return state.pass<msg<CaptureOutcome>>(state.services().baselines, m); },
    [&state](const msg<BaselineQuery>& m) { return state.pass<msg<Baseline>>(state.services().baselines, m); },
    [&state](const msg<BaselineListQuery>& m) { return state.pass<msg<BaselineList>>(state.services().baselines, m); },
    [&state](const msg<CompareBaselines>& m) {
      return state.pass<msg<BaselineComparison>>(state.services().baselines, m);
    },
    [&state](const msg<TrendQuery>& m) { return state.pass<msg<AgentTrend>>(state.services().baselines, m); },
    [&state](const msg<ValidateAgent>& m) { return state.pass<msg<AgentValidation>>(state.services().baselines, m); },
    [&state](const msg<ExplainQuery>& m) { return state.pass<msg<AgentExplanation>>(state.services().baselines, m); },
    [&state](const msg<AgentQuery>& m) { return state.pass<msg<Agent>>(state.services().baselines, m); },
    [&state](const msg<NodeQuery>& query) { return state.pass<msg<NodeList>>(state.services().hive, query); },
    [&state](const msg<GpuQuery>& query) { return state.pass<msg<GpuList>>(state.services().gpus, query); },
    [&state](const msg<RequestLease>& wanted) { return state.lease(wanted); },
    [&state](const msg<LeaseQuery>& query) { return state.pass<msg<Lease>>(state.services().gpus, query); },
    [&state](const msg<RenewLease>& which) { return state.renew(which); },
    [&state](const msg<ReleaseLease>& which) { return state.release(which); },
    [&state](const msg<SpawnRequest>& wanted) { return state.ask_spawner<msg<SpawnTicket>>(wanted); },
    [&state](const msg<SpawnAdapter>& wanted) { return state.ask_spawner<adapter_actor>(wanted); },
    [&state](const msg<SpawnResearch>& wanted) { return state.ask_spawner<research_session_actor>(wanted); },
    [&state](const msg<InstallThere>& wanted) { return state.ask_spawner<msg<Install>>(wanted, no_timeout); },
    [&state](const msg<EndSpawned>& what) { return state.ask_spawner<msg<SpawnedEnded>>(what); },
    [&state](const engine_introduced& with) { state.introduced(with); },
    [&state](const lease_revoked& what) { state.on_revoked(what); },
  };
}

} // namespace

local_engine_session_actor spawn_engine_session(caf::actor_system& system, engine_services services,
                                                engine_session_options options) {
  return system.spawn(engine_session, std::move(services), std::move(options));
}

} // namespace hive
