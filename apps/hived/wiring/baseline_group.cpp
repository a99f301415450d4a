#include "apps/hived/wiring/baseline_group.hpp"

#include "actors/baseline/directory.hpp"
#include "actors/daemon/agent_daemon.hpp"
#include "actors/http/agent_routes.hpp"

#include <caf/all.hpp>
#include <prometheus/gauge.h>

namespace hive {

std::vector<service> baseline_group::services() {
  std::vector<service> out{make_service("baselines", baselines, [this] {
    return spawn_baselines(node_.system, {base_.db, base_.committer, benchmark_.results, base_.events},
                           node_.config.baselines);
  })};
  if (care_ == agent_care::none)
    return out;
  out.push_back(make_service("validator", validator_, [this] {
    return spawn_validator(node_.system, describe_validator(), node_.config.agents);
  }));
  out.push_back(make_service("agent daemon", daemon_, [this] {
    return spawn_agent_daemon(node_.system, {base_.db, validator_}, node_.config.agent_daemon);
  }));
  if (!node_.config.prompts.empty())
    out.push_back(make_service("prompts folder", watch_, [this] {
      return spawn_recipe_watch(node_.system, {base_.db, baselines}, std::filesystem::absolute(node_.config.prompts));
    }));
  return out;
}

validator_services baseline_group::describe_validator() {
  auto& known = prometheus::BuildGauge()
                  .Name("hive_agents_known")
                  .Help("Agents that the node knows, as of the last validation.")
                  .Register(*node_.metrics)
                  .Add({});
  auto& regressed = prometheus::BuildGauge()
                      .Name("hive_agents_regressed")
                      .Help("Regressed agents, by whether their runs confirm it.")
                      .Register(*node_.metrics);
  auto& confirmed = regressed.Add({{"confirmed", "true"}});
  auto& suspected = regressed.Add({{"confirmed", "false"}});
  // The node owns the registry, which outlives its actors.
  auto show = [&known, &confirmed, &suspected](const agent_counts& counts) {
    known.Set(static_cast<double>(counts.known));
    confirmed.Set(static_cast<double>(counts.confirmed));
    suspected.Set(static_cast<double>(counts.regressed - counts.confirmed));
  };
  return {base_.db, baselines, benchmark_.results, std::move(show)};
}

std::vector<http::route> baseline_group::routes() const {
  return http::agent_routes(baselines);
}

} // namespace hive
