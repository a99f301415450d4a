#pragma once

#include "actors/http/route.hpp"
#include "messages/node.capnp.h"
#include "messages/status.capnp.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace hive::http {

/// What a node shows of itself. The functions are called from the server's thread: they must be fast and thread-safe.
struct node_views {
  std::function<msg<wire::Health>()> health;
  /// Why the node is not ready, such as "the store is recovering"; empty when it is.
  std::function<std::string()> not_ready;
  /// The node at a glance.
  std::function<msg<wire::NodeStatus>()> status;
};

/// Routes about the node itself: health, readiness and status.
std::vector<route> node_routes(const node_views& node);

} // namespace hive::http
