#pragma once

#include "actors/audit/api.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The audit of what operators do. The HTTP server puts all routes under it.
class audit_group final : public service_group {
public:
  audit_group(node_context& node, const base_group& base) : node_{node}, base_{base} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  audit_actor audit;

private:
  node_context& node_;
  const base_group& base_;
};

} // namespace hive
