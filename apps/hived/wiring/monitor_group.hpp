#pragma once

#include "actors/monitoring/api.hpp"
#include "apps/hived/wiring/backup_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"
#include "apps/hived/wiring/gate_group.hpp"
#include "apps/hived/wiring/gpu_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// What Prometheus reads.
class monitor_group final : public service_group {
public:
  monitor_group(node_context& node, const backup_group& backups, const gpu_group& gpus,
                const benchmark_group& benchmark, const tracker_group& tracker, const gate_group& gate,
                const federation_group& federation)
      : node_{node}, backups_{backups}, gpus_{gpus}, benchmark_{benchmark}, tracker_{tracker}, gate_{gate},
        federation_{federation} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

private:
  node_context& node_;
  const backup_group& backups_;
  const gpu_group& gpus_;
  const benchmark_group& benchmark_;
  const tracker_group& tracker_;
  const gate_group& gate_;
  const federation_group& federation_;
  monitor_actor monitor_;
};

} // namespace hive
