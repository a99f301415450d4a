#pragma once

#include "actors/baseline/validator.hpp"
#include "actors/daemon/api.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"

namespace hive {

/// The agents and their baselines, and the daemon that has them validated.
class baseline_group final : public service_group {
public:
  baseline_group(node_context& node, const base_group& base, const benchmark_group& benchmark)
      : node_{node}, base_{base}, benchmark_{benchmark} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  judging_baselines_actor baselines;

private:
  validator_services describe_validator();

  node_context& node_;
  const base_group& base_;
  const benchmark_group& benchmark_;
  validator_actor validator_;
  agent_daemon_actor daemon_;
};

} // namespace hive
