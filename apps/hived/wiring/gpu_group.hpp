#pragma once

#include "actors/gpu/probe_api.hpp"
#include "actors/gpu/probe_child.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The GPU probe. Its start waits for the first report, which describes the machine, but not for a driver that hangs.
class gpu_group final : public service_group {
public:
  explicit gpu_group(node_context& node) : node_{node} {
  }

  std::vector<service> services() override;

  gpu_probe_actor probe;

private:
  gpu_probe_actor start();

  node_context& node_;
  const std::shared_ptr<stuck_probes> stuck_ = std::make_shared<stuck_probes>();
};

} // namespace hive
