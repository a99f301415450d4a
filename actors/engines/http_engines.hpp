#pragma once

#include "actors/engines/api.hpp"
#include "actors/hive/federation/api.hpp"

#include <caf/fwd.hpp>

namespace hive {

/// Services that act for the engines.
struct http_engines_services {
  spawner_actor spawner;
  link_directory_actor links;
  connected_engines_actor connected;
};

struct http_engines_options {
  node_id own_id; ///< of this node
};

/// Spawns the actor that acts for the engines that speak HTTP: it takes tickets from this node's spawner and shows them
/// to it, or over the link to the chosen node. What it has spawned ends with it, on whichever node it lives, and with
/// the link; what an engine has spawned ends when its keep-alives stop for defaults::engine_keep_alive. An adapter
/// measures once, as soon as it is spawned, and ends; its result is kept.
http_engines_actor spawn_http_engines(caf::actor_system& system, http_engines_services services,
                                      http_engines_options options);

} // namespace hive
