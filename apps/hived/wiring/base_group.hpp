#pragma once

#include "actors/events/api.hpp"
#include "actors/store/api.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"

namespace hive {

/// The store and the event log.
class base_group final : public service_group {
public:
  explicit base_group(node_context& node) : node_{node} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  /// Increments and stores the epoch. Services number what they publish within an epoch, so a restarted service needs a
  /// new epoch, as a restarted node does.
  caf::error begin_next_epoch();

  committer_actor committer;
  events_actor events;

private:
  caf::expected<events_actor> start_events();
  caf::error await_commit(write_set writes);

  node_context& node_;
};

} // namespace hive
