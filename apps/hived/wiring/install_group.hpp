#pragma once

#include "actors/benchmark/install/installer.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/benchmark_group.hpp"

namespace hive {

/// Benchmarks that are installed from git.
class install_group final : public service_group {
public:
  install_group(node_context& node, const base_group& base, const adapter_group& adapters,
                const benchmark_group& benchmark)
      : node_{node}, base_{base}, adapters_{adapters}, benchmark_{benchmark} {
  }

  std::vector<service> services() override;

  installer_actor installer;

private:
  install_options describe_installs() const;

  node_context& node_;
  const base_group& base_;
  const adapter_group& adapters_;
  const benchmark_group& benchmark_;
};

} // namespace hive
