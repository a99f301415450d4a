#pragma once

#include "actors/engines/engine_acceptor.hpp"
#include "actors/engines/spawner.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/baseline_group.hpp"
#include "apps/hived/wiring/federation_group.hpp"
#include "apps/hived/wiring/install_group.hpp"
#include "apps/hived/wiring/research_group.hpp"
#include "apps/hived/wiring/tracker_group.hpp"

namespace hive {

/// The services for engines: those that connect with the door, those that speak HTTP, and those of other nodes; and
/// installs of benchmarks, which other nodes order in the same way.
class engine_group final : public service_group {
public:
  engine_group(node_context& node, const adapter_group& adapters, const baseline_group& agents,
               const tracker_group& tracker, const federation_group& federation, const research_group& research,
               const install_group& installs)
      : node_{node}, adapters_{adapters}, agents_{agents}, tracker_{tracker},
        federation_{federation}, research_{research}, installs_{installs} {
  }

  std::vector<service> services() override;
  std::vector<http::route> routes() const override;

  engine_acceptor_actor acceptor;

private:
  spawner_actor start_spawner();

  node_context& node_;
  const adapter_group& adapters_;
  const baseline_group& agents_;
  const tracker_group& tracker_;
  const federation_group& federation_;
  const research_group& research_;
  const install_group& installs_;
  spawner_actor spawner_;
  http_engines_actor http_engines_;
  install_placer_actor install_placer_;
};

} // namespace hive
