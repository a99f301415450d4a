#pragma once

#include "apps/hived/wiring/node_context.hpp"

#include <string>

namespace hive {

/// Why the node is not ready; empty when it is. What /readyz and the service manager are told.
std::string why_not_ready(const node_context& node);

} // namespace hive
