#include "apps/hived/wiring/namespace_group.hpp"

#include "actors/http/namespace_routes.hpp"
#include "actors/namespaces/namespace_directory.hpp"
#include "apps/hived/wiring/namespace_host.hpp"
#include "messages/namespace.capnp.h"

#include <caf/all.hpp>

namespace hive {

std::vector<service> namespace_group::services() {
  return {make_service("namespaces", namespaces, [this] {
    namespace_directory_options options;
    options.path = node_.config.store.directory / "namespaces";
    options.max = node_.config.max_namespaces;
    auto spawn_host = [this](const std::string& id, const std::filesystem::path& directory) {
      return spawn_namespace_host_of(node_, adapters_, id, directory);
    };
    return spawn_namespace_directory(node_.system, std::move(spawn_host), std::move(options));
  })};
}

std::vector<http::route> namespace_group::routes() const {
  return http::namespace_routes(namespaces);
}

} // namespace hive
