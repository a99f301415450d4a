#include "actors/engines/engine_gate.hpp"

#include "actors/defaults.hpp"
#include "actors/hive/link/unreadable.hpp"
#include "platform/log.hpp"

#include <caf/all.hpp>

namespace hive {

void engine_gate_state::init(pointer self, engine_services services, engine_visitor visitor) {
  self_ = self;
  services_ = std::move(services);
  visitor_ = std::move(visitor);
  refuse_unreadable(self_, [engine = visitor_.who.engine.name](uint64_t messages) {
    log::warn("Engine {} sent {} messages that could not be read", engine, messages);
  });
}

template <class Answer>
void engine_gate_state::bring_within_reach(const Answer& answer) {
  if constexpr (requires { answer.id(); }) {
    visitor_.within_reach->add(answer.id());
    caf::actor_cast<caf::abstract_actor*>(answer)->attach_functor(
      [within_reach = visitor_.within_reach, id = answer.id()] { within_reach->remove(id); });
  }
}

template <class Answer, class Whom, class Request>
caf::result<Answer> engine_gate_state::pass(const Whom& whom, Request request) {
  if (open_ >= defaults::max_engine_requests)
    return fail(ec::overloaded, std::to_string(open_) + " requests of this connection are open");
  ++open_;
  auto promise = self_->make_response_promise<Answer>();
  self_->request(whom, defaults::request_timeout, std::move(request))
    .then(
      [this, promise](const Answer& answer) mutable {
        --open_;
        bring_within_reach(answer);
        promise.deliver(answer);
      },
      [this, promise](const caf::error& err) mutable {
        --open_;
        promise.deliver(err);
      });
  return promise;
}

engine_gate_actor::behavior_type engine_gate(engine_gate_state::pointer self, engine_services services,
                                             engine_visitor visitor) {
  using namespace wire;
  auto& state = self->state;
  state.init(self, std::move(services), std::move(visitor));
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
