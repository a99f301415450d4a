#pragma once

#include "actors/defaults.hpp"
#include "messages/engine.capnp.h"

#include <caf/error.hpp>
#include <string>
#include <vector>

namespace hive {

/// What engines may spawn on a node.
struct spawn_policy {
  /// Kinds that may be spawned, here or elsewhere with a ticket from this node. Default: none.
  bool adapters = false;
  bool research = false;
  /// Benchmarks from git, which are installed under the node's rules for those.
  bool benchmarks = false;
  /// Live actors per engine on this node. Default: 16.
  size_t quota = defaults::engine_quota;
  /// Commands that an adapter may run here. A command is allowed when it begins with the words of an entry; the first
  /// word is the absolute path of the program. Default: none, since an engine that runs commands controls the node.
  std::vector<std::vector<std::string>> commands;
  /// Whether spawned actors may outlive the connection of their engine. Default: no.
  bool stay = false;

  /// ec::invalid naming the option.
  caf::error validate() const;

  /// Checks whether this node issues tickets for this spec. ec::invalid for a malformed spec, ec::forbidden.
  caf::error check_kind(wire::SpawnSpec::Reader spec) const;

  /// Checks whether the spec may be spawned on this node. ec::invalid, ec::forbidden naming the configuration key.
  caf::error check_spawn(wire::SpawnSpec::Reader spec) const;
};

} // namespace hive
