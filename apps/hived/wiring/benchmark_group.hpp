#pragma once

#include "actors/benchmark/registry.hpp"
#include "actors/benchmark/worker_presence.hpp"
#include "actors/history/api.hpp"
#include "actors/upgrade/api.hpp"
#include "actors/upgrade/reference_keeper.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"
#include "apps/hived/wiring/store_handles.hpp"

namespace hive {

/// The workers, the registry with the adapters of earlier groups and that of the store's agents, and the services that
/// judge and measure upgrades and tell the history of metrics.
class benchmark_group final : public service_group {
public:
  /// `hold`: see registry_options.
  benchmark_group(node_context& node, const store_handles& base, const adapter_group& adapters, group_list before,
                  registry_hold hold = {})
      : node_{node}, base_{base}, adapters_{adapters}, before_{std::move(before)}, hold_{std::move(hold)} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;
  bool has_namespaces() const override {
    return true;
  }

  worker_pool_actor workers;
  registry_actor registry;
  upgrade_checker_actor upgrades;
  upgrade_measurer_actor measurer;
  reference_keeper_actor references;
  historian_actor historian;
  const std::shared_ptr<results_board> results = std::make_shared<results_board>();

private:
  reference_keeper_options describe_references() const;
  registry_options describe_registry() const;

  node_context& node_;
  const store_handles& base_;
  const adapter_group& adapters_;
  const group_list before_;
  const registry_hold hold_;
  const std::shared_ptr<worker_presence> presence_ = std::make_shared<worker_presence>();
};

} // namespace hive
