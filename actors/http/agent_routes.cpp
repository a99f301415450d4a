#include "actors/http/agent_routes.hpp"

#include "messages/baseline.capnp.h"
#include "messages/runs.capnp.h"

namespace hive::http {
namespace {

using namespace wire;
using enum method;

const std::string agent = "/api/v1/agents/{prompt_id}/{flow_id}";
const std::string baselines_of = agent + "/baselines";
const std::string baseline_location = baselines_of + "/{version}";

/// Answers a capture: 201 with the baseline, or 200 with why there is none.
action capture(const baselines_actor& baselines, const msg<CaptureBaseline>& wanted) {
  return [baselines, wanted](gateway_requests& gateway, const exchange_ptr& to) {
    gateway.request(baselines, defaults::request_timeout, wanted)
      .then(
        [to](const msg<CaptureOutcome>& outcome) {
          if (outcome->hasBaseline())
            return detail::answer_with(to,
                                       {.status = outcome->getRepeated() ? 200 : 201, .location = baseline_location},
                                       msg<Baseline>::copy_of(outcome->getBaseline()));
          auto skipped =
            msg<CaptureSkipped>::build([&](CaptureSkipped::Builder out) { out.setSkipped(outcome->getSkipped()); });
          detail::answer_with(to, {}, skipped);
        },
        [to](const caf::error& error) { to->answer(problem(error)); });
  };
}

std::vector<route> input_routes_of(const baselines_actor& baselines) {
  return {
    route::ask<PutRecipe, AgentInputStored>(put, agent + "/recipe", baselines, "Replace an agent's recipe"),
    route::ask<RetireRecipe, AgentInputStored>(delete_, agent + "/recipe", baselines, "Retire an agent's recipe"),
    route::ask<PutTrust, AgentInputStored>(put, agent + "/trust", baselines, "Replace an agent's trust figures"),
    route::ask<PutPrompt, AgentInputStored>(put, agent + "/prompt", baselines, "Tell the hash of an agent's prompt"),
    route::ask<SetActive, AgentInputStored>(put, agent + "/active", baselines,
                                            "Mark an agent as active, so that it is validated even while idle"),
    route::ask<AddSpans, AgentInputStored>(post, agent + "/spans", baselines, "Add execution spans of an agent",
                                           {.status = 201}),
    route::ask<ClearSpans, AgentInputStored>(delete_, agent + "/spans", baselines, "Remove an agent's spans"),
    route::ask<AddRuns, AgentInputStored>(post, agent + "/runs", baselines, "Count runs of an agent's actions",
                                          {.status = 201}),
  };
}

std::vector<route> baseline_routes(const baselines_actor& baselines) {
  return {
    route::choose<CaptureBaseline>(
      post, baselines_of, "Capture the next baseline of an agent",
      {answers<Baseline>(201, true), answers<CaptureSkipped>(200)},
      [baselines](const msg<CaptureBaseline>& wanted) { return capture(baselines, wanted); }),
    route::ask<BaselineListQuery, BaselineList>(get, baselines_of, baselines, "List the baselines of an agent")
      .with_large_answers(),
    route::ask<BaselineQuery, Baseline>(get, baselines_of + "/latest", baselines, "The newest baseline of an agent"),
    route::ask<BaselineQuery, Baseline>(get, baselines_of + "/{n}", baselines, "One baseline of an agent"),
    route::ask<ImportBaseline, Baseline>(put, baselines_of + "/{n}", baselines,
                                         "Store a baseline that was captured elsewhere"),
  };
}

std::vector<route> judgement_routes(const baselines_actor& baselines) {
  return {
    route::ask<CompareBaselines, BaselineComparison>(get, agent + "/compare", baselines,
                                                     "Compare two baselines of an agent"),
    route::ask<TrendQuery, AgentTrend>(get, agent + "/trend", baselines, "The trend over an agent's baselines"),
    route::choose<ValidationQuery>(
      get, agent + "/validate", "Whether an agent performs as its reference baseline promises",
      {answers<AgentValidation>(200)},
      [baselines](const msg<ValidationQuery>& query) {
        return http::ask<AgentValidation>(baselines, msg<ValidateAgent>::build([&](ValidateAgent::Builder out) {
                                            out.setPromptId(query->getPromptId());
                                            out.setFlowId(query->getFlowId());
                                            out.setPolicy(query->getPolicy());
                                          }));
      }),
    route::ask<ValidateAgent, AgentValidation>(post, agent + "/validate", baselines,
                                               "Whether an agent with these figures would perform so; stores nothing"),
    route::ask<ExplainQuery, AgentExplanation>(
      get, agent + "/explain", baselines, "Why an agent is judged as it is, and how many more runs would settle it"),
    route::ask<RebaseAgent, Agent>(post, agent + "/rebase", baselines, "Make rewards of a new judge comparable")
      .for_role(role::operate),
    route::ask<SetReference, Agent>(put, agent + "/reference", baselines, "Pin the reference to a baseline")
      .for_role(role::operate),
    route::ask<UnpinReference, Agent>(delete_, agent + "/reference", baselines, "Unpin the reference"),
    route::ask<AcceptAgent, Agent>(post, agent + "/accept", baselines,
                                   "Accept a baseline, or the present state, as reference and anchor")
      .for_role(role::operate),
  };
}

} // namespace

std::vector<route> agent_routes(const baselines_actor& baselines) {
  std::vector<route> out = {
    route::ask<AgentListQuery, AgentList>(get, "/api/v1/agents", baselines, "List the known agents")
      .with_large_answers(),
    route::ask<AgentQuery, Agent>(get, agent, baselines, "An agent with its reference and anchor"),
  };
  for (auto routes : {input_routes_of(baselines), baseline_routes(baselines), judgement_routes(baselines)})
    out.insert(out.end(), routes.begin(), routes.end());
  return out;
}

} // namespace hive::http
