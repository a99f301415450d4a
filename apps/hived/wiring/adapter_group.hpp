#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/process/api.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/gpu_group.hpp"

namespace hive {

/// What adapters depend on, and the built-in adapters.
class adapter_group final : public service_group {
public:
  adapter_group(node_context& node, const base_group& base, const gpu_group& leases)
      : gpus{leases}, node_{node}, base_{base} {
  }

  std::vector<service> services() override;
  std::vector<adapter_definition> adapters() const override;
  std::vector<http::route> routes() const override;

  const gpu_group& gpus; ///< for those that need a lease
  runner_actor runner;
  inputs_actor inputs;

private:
  node_context& node_;
  const base_group& base_;
};

} // namespace hive
