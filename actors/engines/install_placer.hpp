#pragma once

#include "actors/benchmark/install/api.hpp"
#include "actors/engines/api.hpp"
#include "actors/hive/federation/api.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Services that install benchmarks.
struct install_placer_services {
  installer_actor installer; ///< of this node
  spawner_actor spawner;
  link_directory_actor links;
};

struct install_placer_options {
  node_id own_id; ///< of this node
};

/// Spawns the actor that has benchmarks installed on the node that a request wants: with this node's installer, or over
/// the link with another node, to which it shows a ticket of this node's spawner.
install_placer_actor spawn_install_placer(caf::actor_system& system, install_placer_services services,
                                          install_placer_options options);

} // namespace hive
