#pragma once

#include "actors/engines/spawner.hpp"
#include "actors/hive/link/door.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"
#include "apps/hived/wiring/research_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// The door for nodes and engines, and the services for engines. No services if the configuration has no door.
class door_group final : public service_group {
public:
  door_group(node_context& node, const adapter_group& adapters, const tracker_group& tracker,
             const federation_group& federation, const research_group& research)
      : node_{node}, adapters_{adapters}, tracker_{tracker}, federation_{federation}, research_{research} {
  }

  std::vector<service> services() override;

private:
  spawner_actor start_spawner();
  caf::expected<door_actor> start_door();

  node_context& node_;
  const adapter_group& adapters_;
  const tracker_group& tracker_;
  const federation_group& federation_;
  const research_group& research_;
  spawner_actor spawner_;
  engine_host_actor engines_;
  door_actor door_;
};

} // namespace hive
