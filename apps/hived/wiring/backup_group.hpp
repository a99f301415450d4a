#pragma once

#include "actors/backup/api.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// Backups of the node's store.
class backup_group final : public service_group {
public:
  explicit backup_group(node_context& node) : node_{node} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  backups_actor backups;

private:
  node_context& node_;
};

} // namespace hive
