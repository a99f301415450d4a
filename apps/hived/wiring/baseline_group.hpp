#pragma once

#include "actors/baseline/recipe_watch.hpp"
#include "actors/baseline/validator.hpp"
#include "actors/daemon/api.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"
#include "apps/hived/wiring/store_handles.hpp"

namespace hive {

/// Whether the node looks after the agents by itself; those of a namespace are validated when somebody asks.
enum class agent_care { daemon, none };

/// The agents and their baselines, the daemon that has them validated, and the watch of the prompts folder.
class baseline_group final : public service_group {
public:
  baseline_group(node_context& node, const store_handles& base, const benchmark_group& benchmark,
                 agent_care care = agent_care::daemon)
      : node_{node}, base_{base}, benchmark_{benchmark}, care_{care} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;
  bool has_namespaces() const override {
    return true;
  }

  judging_baselines_actor baselines;

private:
  validator_services describe_validator();

  node_context& node_;
  const store_handles& base_;
  const benchmark_group& benchmark_;
  const agent_care care_;
  validator_actor validator_;
  agent_daemon_actor daemon_;
  recipe_watch_actor watch_;
};

} // namespace hive
