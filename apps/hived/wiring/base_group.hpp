#pragma once

#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"
#include "apps/hived/wiring/store_handles.hpp"

namespace hive {

/// The store and the event log of a node.
class base_group final : public service_group, public store_handles {
public:
  explicit base_group(node_context& node) : store_handles{node.db}, node_{node} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  /// Increments and stores the epoch. Services number what they publish within an epoch, so a restarted service needs a
  /// new epoch, as a restarted node does.
  caf::error begin_next_epoch();

private:
  caf::expected<events_actor> start_events();
  caf::error await_commit(write_set writes);

  node_context& node_;
};

} // namespace hive
