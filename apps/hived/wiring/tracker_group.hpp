#pragma once

#include "actors/tracker/tracker.hpp"
#include "apps/hived/wiring/base_group.hpp"

namespace hive {

/// The coding tracker and the publisher of its learning delta.
class tracker_group final : public service_group {
public:
  tracker_group(node_context& node, const base_group& base) : node_{node}, base_{base} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;

  tracker_actor tracker;
  publisher_actor publisher;

private:
  tracker_options describe_tracker() const;

  node_context& node_;
  const base_group& base_;
};

} // namespace hive
