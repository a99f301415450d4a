#pragma once

#include "actors/namespaces/api.hpp"
#include "apps/hived/wiring/adapter_group.hpp"
#include "apps/hived/wiring/node_context.hpp"

#include <filesystem>
#include <string>

namespace hive {

/// Spawns the actor that opens the store in `directory` and runs the services of one namespace over it: those of the
/// groups that have namespaces. It has a thread of its own, because opening and closing a store block. A failed service
/// ends it, and with it the namespace: its routes hold the handles of its services, so that none is restarted alone.
namespace_host_actor spawn_namespace_host_of(node_context& node, const adapter_group& adapters, const std::string& id,
                                             const std::filesystem::path& directory);

} // namespace hive
