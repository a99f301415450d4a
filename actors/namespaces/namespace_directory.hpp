#pragma once

#include "actors/namespaces/api.hpp"
#include "actors/namespaces/namespace_table.hpp"

#include <caf/fwd.hpp>
#include <filesystem>
#include <functional>

namespace hive {

struct namespace_directory_options {
  /// Where the namespaces are, each in a directory of its name; created with the first one. A crash loses what the
  /// store of a namespace had not acknowledged, as for any store.
  std::filesystem::path path = {};
  /// Most that may exist; 0: none.
  size_t max = defaults::max_namespaces;
  namespace_table::options table = {};
};

/// Spawns the host of a namespace, whose store is in this directory.
using spawn_namespace_host = std::function<namespace_host_actor(const std::string& id, const std::filesystem::path&)>;

/// Spawns the actor that knows the namespaces of a node. It ends with ec::storage_failed when the directory cannot be
/// read. When it is told to end, it first closes all that are open.
namespaces_actor spawn_namespace_directory(caf::actor_system& system, spawn_namespace_host spawn_host,
                                           namespace_directory_options options);

} // namespace hive
