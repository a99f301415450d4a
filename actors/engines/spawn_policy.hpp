#pragma once

#include "actors/defaults.hpp"
#include "messages/engine.capnp.h"

#include <caf/error.hpp>
#include <string>
#include <vector>

namespace hive {

/// What engines may have spawned on a node.
struct spawn_policy {
  /// What may be spawned at all, here or with a ticket of this node elsewhere. Default: nothing.
  bool adapters = false;
  bool research = false;
  /// Actors that one engine may have here at the same time. Default: 16.
  size_t quota = defaults::engine_quota;
  /// Commands that an adapter may run here: a command is allowed when its first words are those of an entry, whose
  /// first is the absolute path of the program. Default: none, since who runs a command operates the node.
  std::vector<std::vector<std::string>> commands;
  /// Whether what was spawned may outlive its engine's connection. Default: no.
  bool stay = false;

  /// ec::invalid naming the option.
  caf::error validate() const;

  /// Whether this node helps an engine to have this spawned anywhere. ec::invalid for a spec that is none,
  /// ec::forbidden.
  caf::error check_kind(wire::SpawnSpec::Reader spec) const;

  /// Whether it may be spawned on this node. ec::invalid, ec::forbidden with the key of the configuration.
  caf::error check_spawn(wire::SpawnSpec::Reader spec) const;
};

} // namespace hive
