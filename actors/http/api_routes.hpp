#pragma once

#include "actors/benchmark/api.hpp"
#include "actors/http/route.hpp"
#include "actors/upgrade/api.hpp"
#include "messages/node.capnp.h"
#include "messages/status.capnp.h"

namespace prometheus {
class Registry;
}

namespace hive::http {

/// The services behind the API's routes.
struct api_services {
  registry_actor registry;
  upgrade_checker_actor upgrades;
  inputs_actor inputs;
  /// The node's health. Called from the server's thread: must be fast and thread-safe.
  std::function<msg<wire::Health>()> health;
  /// Why the node is not ready, such as "the store is recovering"; empty when it is. Called like `health`.
  std::function<std::string()> not_ready;
  /// The node at a glance. Called like `health`.
  std::function<msg<wire::NodeStatus>()> status;
  std::shared_ptr<prometheus::Registry> metrics;
  std::string version; ///< of the program
};

/// All routes of a node's HTTP API, including its OpenAPI document. The result contains the `further` routes, and the
/// document describes them too.
std::vector<route> api_routes(const api_services& services, std::vector<std::vector<route>> further = {});

} // namespace hive::http
