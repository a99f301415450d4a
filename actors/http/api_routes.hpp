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

/// What the API's routes ask.
struct api_services {
  registry_actor registry;
  upgrade_checker_actor upgrades;
  inputs_actor inputs;
  /// What the node says of itself. Called from the server's thread: must be quick and safe to call from there.
  std::function<msg<wire::Health>()> health;
  /// Says what the node is not ready for yet, such as "the store is recovering"; empty when it is ready. As `health`.
  std::function<std::string()> not_ready;
  /// The node at a glance. As `health`.
  std::function<msg<wire::NodeStatus>()> status;
  std::shared_ptr<prometheus::Registry> metrics;
  std::string version; ///< of the program
};

/// All routes of a node's HTTP API, with its OpenAPI document among them. The document describes exactly these and
/// `further` ones, which are part of the result.
std::vector<route> api_routes(const api_services& services, std::vector<std::vector<route>> further = {});

} // namespace hive::http
