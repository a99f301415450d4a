#include "actors/engines/engine_session.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/malformed.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {

void engine_session_state::init(pointer self, engine_services services, engine_session_context context) {
  self_ = self;
  services_ = std::move(services);
  context_ = std::move(context);
  refuse_malformed(self_, [engine = context_.caller.engine.name](uint64_t messages) {
    log::warn("Received malformed messages count={} engine={}", messages, engine);
  });
}

template <class Answer>
void engine_session_state::allow(const Answer& answer) {
  if constexpr (requires { answer.id(); }) {
    context_.allowlist->add(answer.id());
    caf::actor_cast<caf::abstract_actor*>(answer)->attach_functor(
      [allowlist = context_.allowlist, id = answer.id()] { allowlist->remove(id); });
  }
}

template <class Answer, class Service, class Request>
caf::result<Answer> engine_session_state::pass(const Service& service, Request request) {
  if (open_ >= defaults::max_engine_requests)
    return fail(ec::overloaded, std::to_string(open_) + " requests of this connection are open");
  ++open_;
  auto promise = self_->make_response_promise<Answer>();
  self_->request(service, defaults::request_timeout, std::move(request))
    .then(
      [this, promise](const Answer& answer) mutable {
        --open_;
        allow(answer);
        promise.deliver(answer);
      },
      [this, promise](const caf::error& err) mutable {
        --open_;
        promise.deliver(err);
      });
  return promise;
}

engine_session_actor::behavior_type engine_session(engine_session_state::pointer self, engine_services services,
                                                   engine_session_context context) {
  using namespace wire;
  auto& state = self->state;
  state.init(self, std::move(services), std::move(context));
  return {
    [](const msg<Ping>& ping) {
      return msg<Pong>::build([&](Pong::Builder out) { out.setPayload(ping->getPayload()); });
    },
    [&state](const msg<RecordTasks>& tasks) { return state.pass<msg<TasksRecorded>>(state.services().tracker, tasks); },
    [&state](const msg<BestToolQuery>& query) { return state.pass<msg<BestTool>>(state.services().tracker, query); },
    [&state](const msg<RouteQuery>& query) { return state.pass<msg<Route>>(state.services().tracker, query); },
    [&state](const msg<NodeQuery>& query) { return state.pass<msg<NodeList>>(state.services().hive, query); },
    [&state](const msg<SpawnRequest>& wanted) { return state.ask_spawner<msg<SpawnTicket>>(wanted); },
    [&state](const msg<SpawnAdapter>& wanted) { return state.ask_spawner<adapter_actor>(wanted); },
    [&state](const msg<SpawnResearch>& wanted) { return state.ask_spawner<research_session_actor>(wanted); },
    [&state](const msg<EndSpawned>& what) { return state.ask_spawner<msg<SpawnedEnded>>(what); },
  };
}

} // namespace hive
