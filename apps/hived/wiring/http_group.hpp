#pragma once

#include "apps/hived/operator_token_file.hpp"
#include "apps/hived/wiring/audit_group.hpp"
#include "apps/hived/wiring/namespace_group.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The HTTP server, with the routes of earlier groups and those about the node itself.
class http_group final : public service_group {
public:
  http_group(node_context& node, const namespace_group& namespaces, const audit_group& audit, group_list before)
      : node_{node}, namespaces_{namespaces}, audit_{audit}, before_{std::move(before)} {
  }

  std::vector<service> services() override;

private:
  caf::expected<caf::actor> start();
  std::vector<http::route> own_routes() const;
  caf::error hand_out_operator_token();

  std::vector<http::route> routes_before() const;

  node_context& node_;
  const namespace_group& namespaces_;
  const audit_group& audit_;
  const group_list before_;
  std::unique_ptr<operator_token_file> operator_token_; ///< set once HTTP is served
};

} // namespace hive
