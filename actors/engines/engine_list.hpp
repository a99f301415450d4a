#pragma once

#include "actors/engines/api.hpp"
#include "actors/engines/spawned_table.hpp"

#include <vector>

namespace hive {

/// What a node knows of engines.
struct known_engines {
  std::vector<connected_engine> connected;      ///< with its door
  std::vector<spawned_here> here;               ///< what lives on this node, of all engines
  std::vector<const spawned_record*> over_http; ///< what it has spawned over HTTP, wherever it lives
  caf::actor_addr own_asker;                    ///< who asked for those that live here
};

/// What has ended is left out. One entry per connection, per engine of this node's HTTP, and per engine for which
/// another node acts here, ordered by name. What has outlived its connection is in an entry without `remote`.
msg<wire::EngineList> list_engines(const known_engines& known);

} // namespace hive
