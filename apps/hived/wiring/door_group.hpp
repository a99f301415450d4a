#pragma once

#include "actors/hive/link/door.hpp"
#include "apps/hived/wiring/engine_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"

namespace hive {

/// The door for nodes and engines. No services if the configuration has no door.
class door_group final : public service_group {
public:
  door_group(node_context& node, const federation_group& federation, const engine_group& engines)
      : node_{node}, federation_{federation}, engines_{engines} {
  }

  std::vector<service> services() override;

private:
  caf::expected<door_actor> start_door();

  node_context& node_;
  const federation_group& federation_;
  const engine_group& engines_;
  door_actor door_;
};

} // namespace hive
