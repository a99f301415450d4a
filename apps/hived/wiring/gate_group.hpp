#pragma once

#include "actors/upgrade/cluster/api.hpp"
#include "actors/upgrade/hooks/api.hpp"
#include "actors/upgrade/stages/api.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// The gate by which the hive decides on upgrades, its hooks, and the watch on the stages of rollouts.
class gate_group final : public service_group {
public:
  gate_group(node_context& node, base_group& base, const adapter_group& adapters, const benchmark_group& benchmark,
             const tracker_group& tracker)
      : node_{node}, base_{base}, adapters_{adapters}, benchmark_{benchmark}, tracker_{tracker} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;

  cluster_gate_actor gate;

private:
  caf::expected<cluster_gate_actor> start_gate();
  stage_watcher_actor start_stages();

  node_context& node_;
  base_group& base_;
  const adapter_group& adapters_;
  const benchmark_group& benchmark_;
  const tracker_group& tracker_;
  hook_runner_actor hooks_;
  stage_watcher_actor stages_;
};

} // namespace hive
