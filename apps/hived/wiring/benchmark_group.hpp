#pragma once

#include "actors/benchmark/registry.hpp"
#include "actors/benchmark/worker_presence.hpp"
#include "actors/upgrade/api.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/base_group.hpp"

namespace hive {

/// The workers, the registry with the adapters of earlier groups, and the upgrade checker.
class benchmark_group final : public service_group {
public:
  benchmark_group(node_context& node, const base_group& base, const adapter_group& adapters, group_list before)
      : node_{node}, base_{base}, adapters_{adapters}, before_{std::move(before)} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;

  worker_pool_actor workers;
  registry_actor registry;
  upgrade_checker_actor upgrades;

private:
  registry_options describe_registry() const;

  node_context& node_;
  const base_group& base_;
  const adapter_group& adapters_;
  const group_list before_;
  const std::shared_ptr<worker_presence> presence_ = std::make_shared<worker_presence>();
};

} // namespace hive
