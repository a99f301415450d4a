#pragma once

#include "actors/review/api.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/base_group.hpp"
#include "apps/hived/wiring/baseline_group.hpp"

namespace hive {

/// Reviews of changes.
class review_group final : public service_group {
public:
  review_group(node_context& node, const base_group& base, const adapter_group& adapters, const baseline_group& agents)
      : node_{node}, base_{base}, adapters_{adapters}, agents_{agents} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  reviewer_actor reviewer;

private:
  node_context& node_;
  const base_group& base_;
  const adapter_group& adapters_;
  const baseline_group& agents_;
};

} // namespace hive
