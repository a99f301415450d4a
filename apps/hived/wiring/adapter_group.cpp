#include "apps/hived/wiring/adapter_group.hpp"

#include "actors/benchmark/guardrail_adapter.hpp"
#include "actors/benchmark/inputs.hpp"
#include "actors/benchmark/model_registry_adapter.hpp"
#include "actors/benchmark/regression_adapter.hpp"
#include "actors/benchmark/world_model_adapter.hpp"
#include "actors/http/benchmark_routes.hpp"
#include "actors/process/runner.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

runner_options describe_runner(const descriptor_budget& descriptors, const sandbox::host_options& sandboxes) {
  runner_options out;
  out.sandboxes = sandboxes;
  // some programs iterate over all possible descriptors
  out.limits.push_back({RLIMIT_NOFILE, descriptors.inherited, true});
  return out;
}

adapter_definition builtin(std::string name, std::chrono::milliseconds timeout,
                           std::function<std::string()> unavailable_reason, std::function<adapter_actor()> spawn) {
  adapter_definition out;
  out.name = std::move(name);
  out.timeout = timeout;
  out.unavailable_reason = std::move(unavailable_reason);
  out.spawn = std::move(spawn);
  return out;
}

} // namespace

std::vector<service> adapter_group::services() {
  return {make_service(
            "runner", runner,
            [this] { return spawn_runner(node_.system, describe_runner(node_.descriptors, node_.config.sandboxes)); }),
          make_service("inputs", inputs, [this] {
            return spawn_inputs(node_.system, {node_.db, base_.committer});
          })};
}

std::vector<adapter_definition> adapter_group::adapters() const {
  const auto& config = node_.config;
  auto& system = node_.system;
  std::shared_ptr<const database> db = node_.db;
  auto regression = builtin(
    "regression", config.regression.timeout, [&config] { return config.regression.unavailable_reason(); },
    [&config, &system, runner = runner] { return spawn_regression_adapter(system, {runner}, config.regression); });
  regression.runs_versions = true;
  return {
    builtin(
      "model_registry", config.model_registry.timeout,
      [&config, db] { return config.model_registry.unavailable_reason(*db); },
      [&config, &system, db] { return spawn_model_registry_adapter(system, {db}, config.model_registry); }),
    builtin(
      "world_model", config.world_model.timeout, [&config, db] { return config.world_model.unavailable_reason(*db); },
      [&config, &system, db, inputs = inputs] {
        return spawn_world_model_adapter(system, {db, inputs}, config.world_model);
      }),
    std::move(regression),
    builtin(
      "guardrail", config.guardrail.timeout, [&config] { return config.guardrail.unavailable_reason(); },
      [&config, &system] { return spawn_guardrail_adapter(system, config.guardrail); }),
  };
}

std::vector<http::route> adapter_group::routes() const {
  return http::input_routes(inputs);
}

} // namespace hive
