#pragma once

#include "actors/tracker/tracker.hpp"
#include "apps/hived/wiring/node_context.hpp"
#include "apps/hived/wiring/service_group.hpp"
#include "apps/hived/wiring/store_handles.hpp"

namespace hive {

/// Whether a tracker remembers as much as that of a node, or as that of one of its namespaces.
enum class tracker_size { full, small };

/// The coding tracker and the publisher of its learning delta.
class tracker_group final : public service_group {
public:
  tracker_group(node_context& node, const store_handles& base, tracker_size size = tracker_size::full)
      : node_{node}, base_{base}, size_{size} {
  }

  std::vector<service> services() override;
  std::vector<slot_topic> topics() const override;
  std::vector<http::route> routes() const override;
  bool has_namespaces() const override {
    return true;
  }

  tracker_actor tracker;
  publisher_actor publisher;

private:
  tracker_options describe_tracker() const;

  node_context& node_;
  const store_handles& base_;
  const tracker_size size_;
};

} // namespace hive
