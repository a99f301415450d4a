#pragma once

#include "actors/gpu/api.hpp"
#include "actors/gpu/probe_api.hpp"
#include "actors/gpu/probe_child.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The GPU probe and the scheduler, which leases what the probe sees. The start waits for the first report, which
/// describes the machine, but not for a driver that hangs.
class gpu_group final : public service_group {
public:
  gpu_group(node_context& node, base_group& base) : node_{node}, base_{base} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;

  gpu_scheduler_actor scheduler;

private:
  gpu_probe_actor start_probe();
  caf::expected<gpu_scheduler_actor> start_scheduler();

  node_context& node_;
  base_group& base_;
  gpu_probe_actor probe_;
  const std::shared_ptr<stuck_probes> stuck_ = std::make_shared<stuck_probes>();
};

} // namespace hive
