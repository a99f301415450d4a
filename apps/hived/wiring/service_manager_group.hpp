#pragma once

#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// Keeps the service manager informed, if one started the node. Comes right after the store, so that it goes on while
/// later services restart.
class service_manager_group final : public service_group {
public:
  service_manager_group(node_context& node, const base_group& base) : node_{node}, base_{base} {
  }

  std::vector<service> services() override;

private:
  node_context& node_;
  const base_group& base_;
};

} // namespace hive
