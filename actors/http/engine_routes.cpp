#include "actors/http/engine_routes.hpp"

#include "messages/research.capnp.h"

namespace hive::http {
namespace {

/// Time for the node to answer after the wait for a result is over.
constexpr std::chrono::seconds answer_time{10};

/// A route whose request goes to the engines' service together with the name of its token.
template <class Request, class Response>
route ask_with_token(std::string path, const http_engines_actor& engines, std::string summary, success how = {}) {
  return route::choose<Request>(method::post, std::move(path), std::move(summary),
                                {answers<Response>(how.status, !how.location.empty())},
                                [engines, how](const msg<Request>& question) -> action {
                                  return [engines, how, question](gateway_requests& gateway, const exchange_ptr& to) {
                                    http_engine_request<Request> asked{to->request().token, question};
                                    gateway.request(engines, how.timeout, asked)
                                      .then([to, how](const msg<Response>& m) { detail::answer_with(to, how, m); },
                                            [to](const caf::error& error) { to->answer(problem(error)); });
                                  };
                                })
    .with_token();
}

std::chrono::milliseconds longest(double wait_s) {
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>{wait_s}) + answer_time;
}

} // namespace

std::vector<route> engine_routes(const http_engines_actor& engines) {
  using namespace wire;
  using enum method;
  const std::string all = "/api/v1/spawned", one = all + "/{id}";
  return {
    ask_with_token<StartSpawned, Spawned>(all, engines, "Spawn an adapter or an AutoResearch session on a node",
                                          {.status = 201, .location = one})
      .for_role(role::operate),
    route::ask<SpawnedQuery, SpawnedList>(get, all, engines, "What engines have spawned over the HTTP of this node"),
    route::ask<OneSpawnedQuery, Spawned>(get, one, engines, "Something that was spawned"),
    ask_with_token<KeepSpawned, SpawnedKept>(one + "/keepalive", engines, "Keep alive what an engine has spawned"),
    route::choose<SpawnedResultQuery>(
      get, one + "/result", "The result, once there is one", {answers<SpawnedResult>(200)},
      [engines](const msg<SpawnedResultQuery>& query) {
        return http::ask<SpawnedResult>(engines, query, {.timeout = longest(query->getWait())});
      })
      .with_long_wait(),
    ask_with_token<ResearchIteration, ResearchSession>(
      one + "/iterations", engines, "Record an experiment of a spawned session, wherever it lives", {.status = 201}),
    ask_with_token<ResearchImprovement, ResearchSession>(one + "/improvements", engines,
                                                         "Record an improvement of a spawned session", {.status = 201}),
    ask_with_token<FinishResearch, ResearchReport>(one + "/finish", engines,
                                                   "Finish a spawned session; its report is the result"),
    route::ask<EndOneSpawned, SpawnedEnded>(delete_, one, engines, "End and forget something that was spawned"),
    route::ask<EngineQuery, EngineList>(get, "/api/v1/engines", engines, "The engines, and what they spawned where"),
  };
}

} // namespace hive::http
