#include "apps/hived/wiring/benchmark_group.hpp"

#include "actors/benchmark/agent_baselines_adapter.hpp"
#include "actors/benchmark/command_adapter.hpp"
#include "actors/benchmark/heavy_adapters.hpp"
#include "actors/benchmark/result_slots.hpp"
#include "actors/benchmark/worker_pool.hpp"
#include "actors/history/historian.hpp"
#include "actors/http/benchmark_routes.hpp"
#include "actors/http/history_routes.hpp"
#include "actors/http/upgrade_routes.hpp"
#include "actors/node/environment.hpp"
#include "actors/upgrade/checker.hpp"
#include "actors/upgrade/measurer.hpp"
#include "messages/history.capnp.h"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"

#include <algorithm>
#include <caf/all.hpp>
#include <cmath>
#include <iterator>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>

namespace hive {
namespace {

adapter_definition command_definition(caf::actor_system& system, const adapter_group& adapters,
                                      const msg<wire::CommandSpec>& spec) {
  adapter_definition out;
  out.name = spec->getName().cStr();
  out.tier = spec->getTier();
  out.source = "command";
  out.runs_versions = true;
  out.timeout =
    std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(spec->getTimeoutS()));
  if (spec->getRequiresGpu())
    return leased_definition(system, {adapters.runner, adapters.gpus.scheduler}, std::move(out),
                             leased_plan_of_command(spec));
  out.spawn = [&system, runner = adapters.runner, spec] { return spawn_command_adapter(system, {runner}, spec); };
  return out;
}

/// Measures the agents of one store, since a namespace has its own.
adapter_definition agents_definition(node_context& node, std::shared_ptr<const database> db) {
  const auto& options = node.config.agent_baselines;
  adapter_definition out;
  out.name = "agent_baselines";
  out.timeout = options.timeout;
  out.unavailable_reason = [&options, db] { return options.unavailable_reason(*db); };
  out.spawn = [&system = node.system, &options, db] { return spawn_agent_baselines_adapter(system, db, options); };
  return out;
}

/// Shows the counts of each track. What a counter has once shown it does not take back.
auto show_verdicts(prometheus::Registry& metrics) {
  auto& given =
    prometheus::BuildCounter()
      .Name("hive_upgrade_verdicts_total")
      .Help("Verdicts of paired measurements, and on versions that an operator made the reference unmeasured.")
      .Register(metrics);
  auto& overruled = prometheus::BuildCounter()
                      .Name("hive_upgrade_overruled_total")
                      .Help("Verdicts that an operator overruled by making the version the reference.")
                      .Register(metrics);
  auto& share = prometheus::BuildGauge()
                  .Name("hive_upgrade_overruled_share")
                  .Help("Share of the verdicts other than safe that were overruled, over what is stored.")
                  .Register(metrics);
  // The node owns the registry, which outlives its actors.
  return [&given, &overruled, &share](const std::string& track, const track_verdicts& counts) {
    using enum analysis::verdict;
    auto show = [&track](auto& family, const char* verdict, uint64_t count) {
      auto& counter = family.Add({{"track", track}, {"verdict", verdict}});
      counter.Increment(std::max(0.0, static_cast<double>(count) - counter.Value()));
    };
    show(given, "safe", counts.given_of(safe));
    show(given, "regressed", counts.given_of(regressed));
    show(given, "inconclusive", counts.given_of(inconclusive));
    show(overruled, "regressed", counts.overruled_of(regressed));
    show(overruled, "inconclusive", counts.overruled_of(inconclusive));
    if (auto of_all = counts.overruled_share(); !std::isnan(of_all))
      share.Add({{"track", track}}).Set(of_all);
  };
}

} // namespace

std::vector<service> benchmark_group::services() {
  return {
    make_service("workers", workers, [this] { return spawn_worker_pool(node_.system, {.presence = presence_}); }),
    make_service("registry", registry,
                 [this] {
                   return spawn_registry(node_.system, {base_.db, base_.committer, base_.events, workers, results},
                                         describe_registry());
                 }),
    make_service("upgrades", upgrades,
                 [this] {
                   return spawn_upgrade_checker(node_.system, {base_.db, base_.events}, {node_.config.metric_rules});
                 }),
    make_service("historian", historian,
                 [this] {
                   return spawn_historian(node_.system, {base_.db, base_.committer}, {node_.config.metric_rules});
                 }),
    make_service("references", references,
                 [this] {
                   return spawn_reference_keeper(node_.system, {base_.db, base_.committer}, describe_references());
                 }),
    make_service("measurements", measurer, [this] {
      return spawn_upgrade_measurer(node_.system, {base_.db, base_.committer, registry, references},
                                    {node_.config.versions, node_.config.metric_rules, hold_});
    })};
}

std::vector<slot_topic> benchmark_group::topics() const {
  return {{latest_results_rules(), {}, registry}};
}

std::vector<http::route> benchmark_group::routes() const {
  auto out = http::benchmark_routes(registry);
  std::ranges::move(http::upgrade_routes({upgrades, measurer, references}), std::back_inserter(out));
  std::ranges::move(http::history_routes(historian), std::back_inserter(out));
  std::ranges::move(http::worker_routes(registry, workers), std::back_inserter(out));
  return out;
}

reference_keeper_options benchmark_group::describe_references() const {
  reference_keeper_options out;
  out.check.rules = node_.config.metric_rules;
  bool is_of_namespace = static_cast<bool>(hold_); // whose tracks are not in the node's metrics
  if (!is_of_namespace)
    out.show = show_verdicts(*node_.metrics);
  return out;
}

registry_options benchmark_group::describe_registry() const {
  registry_options out;
  out.node = node_.config.name;
  out.environment = describe_environment(node_.gpus->names(), node_.gpus->driver());
  out.checkout = node_.config.checkout;
  out.repeats = node_.config.repeats;
  out.hold = hold_;
  out.captures = node_.captures;
  out.builtin = gather(before_, &service_group::adapters);
  out.builtin.push_back(agents_definition(node_, base_.db));
  out.command_adapter = [&system = node_.system, &adapters = adapters_](const msg<wire::CommandSpec>& spec) {
    return command_definition(system, adapters, spec);
  };
  out.worker_adapter = [&system = node_.system, pool = workers,
                        seen = presence_](const msg<wire::WorkerAdapter>& spec) {
    return worker_adapter_definition(system, pool, seen, spec);
  };
  return out;
}

} // namespace hive
