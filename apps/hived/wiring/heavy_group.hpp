#pragma once

#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The heavy benchmarks, which run under GPU leases. They have no service of their own.
class heavy_group final : public service_group {
public:
  heavy_group(node_context& node, const adapter_group& adapters) : node_{node}, adapters_{adapters} {
  }

  std::vector<service> services() override {
    return {};
  }
  std::vector<adapter_definition> adapters() const override;

private:
  node_context& node_;
  const adapter_group& adapters_;
};

} // namespace hive
