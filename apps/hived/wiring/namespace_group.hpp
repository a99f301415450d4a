#pragma once

#include "actors/namespaces/api.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The namespaces, each with the services of a node that keep records in its store.
class namespace_group final : public service_group {
public:
  namespace_group(node_context& node, const adapter_group& adapters) : node_{node}, adapters_{adapters} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  namespaces_actor namespaces;

private:
  node_context& node_;
  const adapter_group& adapters_;
};

} // namespace hive
